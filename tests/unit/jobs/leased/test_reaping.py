"""What hosts tell of GPU memory that is held for nothing, and what becomes of it."""

import json

import pytest

from orchestrator.cli.jobs.reap import reap_hosts
from orchestrator.errors import GarbledAnswerError
from orchestrator.jobs.leased import reaping
from orchestrator.jobs.leased.service import PROGRAM, LeaseRefusedError
from orchestrator.remote.local import Completed
from tests.unit.builders import ScriptedShell, completed

HOLDER = {
    "pid": 7,
    "started": 100,
    "uid": 1000,
    "user": "admin",
    "command": "python train.py",
    "labels": ["GPU 0"],
    "memory_bytes": 2**30,
    "kind": "orphan",
    "explanation": "what started it is gone, and it does nothing",
    "action": "",
    "token": "7@100",
    "may_be_ended": True,
}
WORKING = HOLDER | {"pid": 8, "token": "8@1", "kind": "working orphan", "may_be_ended": False}
USED = WORKING | {"kind": "in use"}


def host(*holders: dict[str, object], unexplained: tuple[str, ...] = ()) -> ScriptedShell:
    def answer(argv: tuple[str, ...]) -> Completed:
        if "--end" in argv:
            return completed(stdout="process 7: ended\n")
        return completed(stdout=json.dumps({"findings": holders, "unexplained": unexplained}))

    return ScriptedShell(answer)


def test_only_what_the_host_says_may_be_ended_is_ended(capsys: pytest.CaptureFixture[str]) -> None:
    shell = host(HOLDER, WORKING, USED)
    assert reap_hosts((("lab-1", lambda: shell),), yes=True) == 0
    assert shell.ran == [(PROGRAM, "reap", "--json"), (PROGRAM, "reap", "--end", "7@100")]
    said = capsys.readouterr().out
    assert "lab-1: 1.0 GiB of GPU 0 by process 7 (python train.py of admin): orphan" in said
    assert "lab-1: process 7: ended" in said
    assert said.count("process 8") == 1, "who is in use is not told"


def test_nothing_is_ended_where_nobody_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    shell = host(HOLDER)
    reap_hosts((("lab-1", lambda: shell),), yes=False)
    assert shell.ran == [(PROGRAM, "reap", "--json")]
    assert "try: --yes" in capsys.readouterr().err


def test_a_host_on_which_all_is_well_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    reap_hosts(
        (("lab-1", lambda: host(USED)), ("lab-2", lambda: host(unexplained=("GPU 0: 3 GiB",)))), yes=True
    )
    assert capsys.readouterr().out == "lab-1: no GPU memory is held for nothing\nlab-2: GPU 0: 3 GiB\n"


def test_an_answer_that_cannot_be_read_ends_nothing() -> None:
    with pytest.raises(GarbledAnswerError):
        reaping.held(ScriptedShell(lambda _argv: completed(stdout="[]")), "lab-1")
    with pytest.raises(LeaseRefusedError):
        reaping.held(ScriptedShell(lambda _argv: completed(exit_code=2, stderr="usage: gpuhost")), "lab-1")


def test_one_host_that_is_down_is_told_and_the_others_are_asked(capsys: pytest.CaptureFixture[str]) -> None:
    broken = ScriptedShell(lambda _argv: completed(exit_code=127, stderr="not found"))
    assert reap_hosts((("lab-1", lambda: broken), ("lab-2", host)), yes=True) != 0
    said = capsys.readouterr()
    assert "lab-1 cannot tell" in said.err
    assert "lab-2: no GPU memory" in said.out
