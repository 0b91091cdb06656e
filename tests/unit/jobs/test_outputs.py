"""Files that a job made come here as they are, or not at all."""

import base64
import hashlib
from pathlib import Path

import pytest

from orchestrator.jobs import outputs, unit
from orchestrator.jobs.outputs import fetch_outputs
from orchestrator.jobs.unit import Job
from orchestrator.models import OutputFile
from orchestrator.remote.local import LocalShell
from orchestrator.remote.transport import OUTPUT_LIMIT
from tests.unit.builders import ScriptedShell, completed

JOB = Job(id="ab12-otto", name="otto", argv=(), files={}, timeout_s=900)


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The job's output folder on the host, which is this computer."""
    monkeypatch.setattr(unit, "JOBS_DIR", str(tmp_path / "jobs"))
    folder = tmp_path / "jobs" / JOB.id / "output"
    folder.mkdir(parents=True)
    return folder


def made(folder: Path, name: str, content: bytes) -> OutputFile:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return told(name, content)


def told(name: str, content: bytes) -> OutputFile:
    digest = hashlib.sha256(content).hexdigest()
    return OutputFile(name=name, about="", media_type="image/png", bytes=len(content), sha256=digest)


def fetch(*files: OutputFile, into: Path) -> tuple[tuple[OutputFile, ...], tuple[str, ...]]:
    return fetch_outputs(LocalShell(), JOB, files, into)


def test_bytes_come_as_they_are_in_pieces_and_in_folders(
    there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "_CHUNK", 100)
    content = bytes(range(256)) + b"\r\n\x1b[2J"
    files = (made(there, "graph.png", content), made(there, "logs/train/events.1", b""))
    brought, left_out = fetch(*files, into=tmp_path / "here")
    assert (brought, left_out) == (files, ())
    assert (tmp_path / "here/graph.png").read_bytes() == content
    assert (tmp_path / "here/logs/train/events.1").read_bytes() == b""


def test_what_an_earlier_job_made_is_gone(there: Path, tmp_path: Path) -> None:
    fetch(made(there, "old.png", b"1"), into=tmp_path / "here")
    fetch(made(there, "new.png", b"2"), into=tmp_path / "here")
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["new.png"]


@pytest.mark.parametrize(
    "content", [b"other bytes", b"less", b"the bytes and more"], ids=["changed", "cut", "grown"]
)
def test_a_file_that_is_not_what_the_result_says_is_left_out(
    there: Path, tmp_path: Path, content: bytes
) -> None:
    made(there, "graph.png", content)
    brought, (why,) = fetch(told("graph.png", b"those bytes"), into=tmp_path / "here")
    assert brought == ()
    assert why == "graph.png: it is not what the result says: its size or its SHA-256 is another"
    assert not (tmp_path / "here/graph.png").exists()


def test_a_file_that_is_not_there_is_left_out(there: Path, tmp_path: Path) -> None:
    _, (why,) = fetch(told("graph.png", b"those bytes"), into=tmp_path / "here")
    assert why.startswith("graph.png: it is not what the result says")


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../../x", ".hidden", "a/.ssh", "-o", "", "a//b", "a\nb", "a/", "x" * 200]
)
def test_a_name_that_leads_elsewhere_is_no_name(there: Path, tmp_path: Path, name: str) -> None:
    brought, (why,) = fetch(told(name, b"x"), into=tmp_path / "here")
    assert brought == ()
    assert why.endswith("no name for a file")
    assert not (tmp_path / "x").exists()


def test_more_than_a_run_folder_should_hold_is_said(
    there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "MOST_BYTES", 2**20)
    large, small = made(there, "large.npz", bytes(2**20 + 1)), made(there, "small.npz", b"x")
    brought, left_out = fetch(large, small, into=tmp_path / "here")
    assert brought == (small,)
    assert left_out == ("large.npz: 1 MiB, and a job's files are fetched up to 1 MiB",)


def test_beyond_so_many_files_none_is_fetched(
    there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "MOST_FILES", 2)
    brought, left_out = fetch(*(made(there, f"{n}.png", b"x") for n in range(5)), into=tmp_path / "here")
    assert [file.name for file in brought] == ["0.png", "1.png"]
    assert left_out == ("3 files beyond the first 2",)


def test_what_one_command_brings_is_below_what_a_shell_keeps() -> None:
    assert len(base64.encodebytes(bytes(outputs._CHUNK))) < OUTPUT_LIMIT


def test_a_file_that_comes_garbled_is_left_out(there: Path, tmp_path: Path) -> None:
    shell = ScriptedShell(lambda _argv: completed("A"))
    brought, (why,) = fetch_outputs(shell, JOB, (told("graph.png", b"those bytes"),), tmp_path / "here")
    assert brought == ()
    assert why.startswith("graph.png: it is not what the result says")
