"""What a job prints, followed by the real program on this computer, with a squeue that says what the test says."""

import getpass
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.errors import GarbledAnswerError, UnreachableError
from orchestrator.jobs.leased.service import RUNS
from orchestrator.jobs.slurm.answers import parse_squeue
from orchestrator.jobs.slurm.service import SlurmError
from orchestrator.jobs.slurm.streams import FACTS, prepare, printed, shared_folder, stream
from orchestrator.jobs.slurm.values import SlurmJob
from orchestrator.remote import Completed
from orchestrator.remote.local import LocalShell
from tests.unit.builders import ScriptedShell, completed, host

ANSWERS = Path(__file__).with_name("answers")
SQUEUE = """#!/bin/sh
# Active so often as the file says.
left=$(cat "{left}"); echo $((left - 1)) > "{left}"
[ "$left" -gt 0 ] || {{ {end}; }}
echo RUNNING
"""


def job(output: Path, user: str | None = None) -> SlurmJob:
    found = parse_squeue("lab", (ANSWERS / "squeue-24.11.txt").read_text())[0]
    return replace(found, output=str(output), user=user or getpass.getuser())


def streamed(
    tmp_path: Path, argv: tuple[str, ...], end: str = "exit 0", active: int = 1
) -> tuple[bytes, int]:
    """What it prints, and its exit code, while squeue has the job as active so often."""
    (tmp_path / "left").write_text(str(active))
    squeue = tmp_path / "bin/squeue"
    squeue.parent.mkdir(exist_ok=True)
    squeue.write_text(SQUEUE.format(left=tmp_path / "left", end=end))
    squeue.chmod(0o755)
    path = f"{squeue.parent}:{os.environ['PATH']}"
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PATH": path}
    ) as process:
        assert process.stdout
        said = process.stdout.read()
    return said, process.returncode


@pytest.mark.parametrize(
    "end", ["exit 0", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1"]
)
def test_a_stream_ends_with_the_job_and_begins_where_it_is_asked_to(tmp_path: Path, end: str) -> None:
    log = tmp_path / "a log"
    log.write_bytes(b"0123456789")
    assert streamed(tmp_path, stream(job(log), 4), end) == (b"456789", 0)


def test_a_controller_that_is_away_is_no_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"all of it")
    away = "[ $left -lt -1 ] && exit 0; echo 'Unable to contact slurm controller' >&2; exit 1"
    assert streamed(tmp_path, stream(job(log), 0), away, active=0) == (b"all of it", 0)
    assert int((tmp_path / "left").read_text()) < -2


def test_a_job_that_has_not_started_has_printed_nothing(tmp_path: Path) -> None:
    assert streamed(tmp_path, stream(job(tmp_path / "none"), 0)) == (b"", 0)
    assert subprocess.run(printed(job(tmp_path / "none")), check=True, capture_output=True).stdout == b""


def test_what_another_persons_job_prints_is_refused(tmp_path: Path) -> None:
    hidden = job(tmp_path / "none", user="ben")
    assert streamed(tmp_path, stream(hidden, 0)) == (b"", 2)
    assert subprocess.run(printed(hidden), check=False).returncode == 2


def test_a_stream_ends_once_nobody_follows(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x")
    (tmp_path / "squeue").write_text("#!/bin/sh\necho RUNNING\n")
    (tmp_path / "squeue").chmod(0o755)
    ended = subprocess.run(
        stream(job(tmp_path / "log"), 0),
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        timeout=30,
        check=False,
        capture_output=True,
    )
    assert ended.returncode != 0


def test_a_folder_is_made_for_the_user_alone_where_all_hosts_see_it(tmp_path: Path) -> None:
    made = prepare(LocalShell(), host(), str(tmp_path), "train-1", "train")
    assert made.folder == f"{tmp_path}/{getpass.getuser()}/{RUNS}/train-1"
    assert Path(made.folder).stat().st_mode & 0o777 == 0o700
    assert made.before == ""
    assert prepare(LocalShell(), host(), str(tmp_path), "train-2", "train").before == "train-1"


def test_a_shared_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="no folder can be made in") as refused:
        prepare(LocalShell(), host(), f"{tmp_path}/none", "train-1", "train")
    assert "orchestrate ssh --name lab lab-1" in refused.value.hint


def test_what_role_slurm_left_is_read() -> None:
    told = '{"cluster": "lab", "controller": "lab-1", "shared_folder": "/shared", "version": "22.05.8"}'
    shell = ScriptedShell(lambda _argv: completed(told))
    assert shared_folder(shell, host()) == "/shared"
    assert shell.ran == [("cat", FACTS)]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (completed(exit_code=1, stderr="cat: no such file"), SlurmError),
        (completed("Welcome!"), GarbledAnswerError),
        (completed("{}"), GarbledAnswerError),
    ],
)
def test_a_host_that_is_not_under_slurm_yet_is_told(answer: Completed, error: type[Exception]) -> None:
    with pytest.raises(error):
        shared_folder(ScriptedShell(lambda _argv: answer), host())
