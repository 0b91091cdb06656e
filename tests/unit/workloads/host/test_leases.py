"""Where leases are not enforced, the certificate says so; of a host that gives none, there is nothing to say."""

import json
from pathlib import Path

import pytest

from workloads.host import leases


def told(level: str, devices: int) -> str:
    enforcement = {"level": level, "why": "a job could open /dev/nvidia1", "statement": ""}
    return json.dumps({"enforcement": enforcement, "devices": [{}] * devices})


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (told("control group", 2), 0),
        (told("hidden nodes", 2), 1),
        (told("none", 2), 1),
        (told("none", 0), 0),
        ("", 0),
        ("[]", 0),
        ("{}", 0),
    ],
)
def test_only_a_host_with_devices_that_are_not_enforced_has_something_to_say(
    text: str, notes: int, tmp_path: Path
) -> None:
    file = tmp_path / "leases.json"
    file.write_text(text)
    assert len(leases.notes(file)) == notes


def test_it_says_what_a_job_could_do(tmp_path: Path) -> None:
    file = tmp_path / "leases.json"
    file.write_text(told("none", 1))
    assert "a job could open /dev/nvidia1" in leases.notes(file)[0]
    assert leases.notes(tmp_path / "missing") == ()
