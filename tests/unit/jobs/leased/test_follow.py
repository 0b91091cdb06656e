"""Following a job whose host is a script on this computer: a stream that breaks is taken up, and nothing comes twice."""

import json
from functools import partial
from pathlib import Path

import pytest

from orchestrator.jobs.leased import service
from orchestrator.jobs.leased.follow import Followed, NotShownError, follow
from orchestrator.jobs.leased.values import LeasedJob
from orchestrator.jobs.leased.way import Way
from tests.unit.builders import ScriptedShell, completed
from tests.unit.jobs.leased.samples import TOLD

WAY = Way(host="lab-1")
STREAM = """#!/bin/sh
# logs --follow --attached --from-byte N ID: five bytes a time, and then the connection breaks.
count=$(($(cat "{count}" 2>/dev/null || echo 0) + 1)); echo $count > "{count}"
printf '0123456789abcdef' | tail -c "+$(($5 + 1))" | head -c 5
exit {code}
"""


def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    file = tmp_path / "gpuhost"
    file.write_text(STREAM.format(count=tmp_path / "count", code=code))
    file.chmod(0o755)
    monkeypatch.setattr(service, "PROGRAM", str(file))


def followed(shell: ScriptedShell, heard: list[bytes], noted: list[str]) -> Followed[LeasedJob]:
    return Followed(
        way=WAY,
        ask=partial(service.job, shell, "lab-1", 7),
        stream=partial(service.stream, 7),
        again="orchestrate logs -f lab-1/7",
        listed="orchestrate jobs lab-1",
        write=heard.append,
        note=noted.append,
    )


def test_a_stream_that_breaks_is_taken_up_where_it_broke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, 255)

    def answer(_argv: tuple[str, ...]) -> object:
        times = int((tmp_path / "count").read_text())
        ended = {"state": "ended", "result": "success", "exit_code": 0} if times >= 3 else {}
        return completed(stdout=json.dumps([TOLD | ended]))

    heard: list[bytes] = []
    noted: list[str] = []
    job = follow(followed(ScriptedShell(answer), heard, noted))  # type: ignore[arg-type]
    assert b"".join(heard) == b"0123456789abcdef"
    assert job.exit_code == 0
    assert noted == ["lab-1: the connection broke; lab-1/7 runs on and is taken up again"]


def test_what_the_host_does_not_show_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, 2)
    shell = ScriptedShell(lambda _argv: completed(stdout=json.dumps([TOLD | {"user": "ben"}])))
    with pytest.raises(NotShownError, match="lab-1/7 is ben's"):
        follow(followed(shell, [], []))


def test_what_the_login_shell_prints_is_not_the_programs(tmp_path: Path) -> None:
    mark, argv = Way(host="here").marked("echo", "hello")
    assert argv == ("sh", "-c", argv[2], "sh", mark, "echo", "hello")
