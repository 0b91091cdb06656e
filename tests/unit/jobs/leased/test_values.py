"""What people call a job, what they ask for, and what hosts tell of jobs."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from orchestrator.errors import UsageError
from orchestrator.jobs.leased.values import JobReference, Wish, folder_name, next_time, parse_jobs
from tests.unit.jobs.leased.samples import TOLD

NOW = datetime(2027, 1, 31, 13, 30, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(("text", "host", "number"), [("12", None, 12), ("sandbox-1/12", "sandbox-1", 12)])
def test_a_job_is_named_by_its_number_or_with_its_host(text: str, host: str | None, number: int) -> None:
    assert JobReference.parse(text) == JobReference(host=host, number=number)


@pytest.mark.parametrize("text", ["", "twelve", "a/b", "sandbox-1/", "-1", "1/2/3", "12 "])
def test_what_is_no_job_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no job"):
        JobReference.parse(text)


def test_only_what_was_asked_for_is_passed_on() -> None:
    assert Wish().words() == ("--gpus", "1")
    everything = Wish(
        gpus=0, memory_fraction=0.5, time="4h", starts="now", lasts="2h", kind="mps", name="a", waits=False
    )
    assert everything.words() == (
        *("--gpus", "0", "--memory-fraction", "0.5", "--time", "4h", "--from", "now", "--for", "2h"),
        *("--kind", "mps", "--name", "a", "--no-wait"),
    )


def test_an_image_is_no_option_whatever_it_is_called() -> None:
    assert Wish(image="--privileged", engine="podman").words()[2:] == (
        "--image=--privileged",
        "--engine=podman",
    )


def test_jobs_are_read_and_what_is_none_is_refused() -> None:
    (found,) = parse_jobs("lab-1", json.dumps([TOLD]))
    assert (found.reference, found.devices, found.exit_code) == ("lab-1/7", ("GPU 0",), None)
    assert not found.has_ended
    for wrong in ("", "{}", "[1]", "[{}]", json.dumps([TOLD | {"gpus": "many"}])):
        with pytest.raises(ValueError, match=r".+"):
            parse_jobs("lab-1", wrong)


def test_what_a_host_says_cannot_move_the_cursor() -> None:
    (found,) = parse_jobs("lab-1", json.dumps([TOLD | {"command": "a\x1b[2Jb\nc"}]))
    assert "\x1b" not in found.command
    assert "\n" not in found.command


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("14:00", "2027-01-31T14:00:00+01:00"),
        ("9:05", "2027-02-01T09:05:00+01:00"),
        ("now", "2027-01-31T13:30:00+01:00"),
        ("2027-02-03T08:00", "2027-02-03T08:00:00+01:00"),
    ],
)
def test_a_time_is_meant_by_the_clock_of_this_computer(text: str, at: str) -> None:
    assert next_time(text, NOW).isoformat() == at


@pytest.mark.parametrize("text", ["25:00", "soon", ""])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        next_time(text, NOW)


@pytest.mark.parametrize(
    ("source", "name"), [("my job (2)", "my-job-2-s"), ("/", "folder-s"), ("a" * 60, "a" * 40 + "-s")]
)
def test_a_folder_there_has_a_name_that_needs_no_quoting(source: str, name: str, tmp_path: Path) -> None:
    assert folder_name(Path(source) if source == "/" else tmp_path / source, "s") == name
