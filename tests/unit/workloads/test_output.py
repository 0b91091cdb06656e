"""Files that a job makes are whole or not there, and are told as they lie on the disk."""

import hashlib
import io
from pathlib import Path

import pytest

from tests.unit.workloads.asked import BEGAN, arguments
from workloads.output import Draft, OutputError, keep
from workloads.progress import Clock, Record

PICTURE = Draft(name="pictures/weights.svg", about="weights", media_type="image/svg+xml")


def test_a_file_lies_below_the_output_folder_and_is_told_with_its_digest(tmp_path: Path) -> None:
    record = recording()
    path = keep(record, tmp_path / "output", PICTURE, lambda draft: draft.write_bytes(b"<svg/>"))
    assert path == tmp_path / "output/pictures/weights.svg"
    assert path.read_bytes() == b"<svg/>"
    (told,) = record.result(None).files
    assert (told.name, told.bytes, told.sha256) == (
        "pictures/weights.svg",
        6,
        hashlib.sha256(b"<svg/>").hexdigest(),
    )


def test_a_file_that_breaks_off_leaves_nothing_and_is_not_told(tmp_path: Path) -> None:
    record = recording()

    def break_off(draft: Path) -> None:
        draft.write_bytes(b"<sv")
        raise OSError(28, "No space left on device")

    with pytest.raises(
        OutputError, match=r"weights\.svg cannot be written into .*No space left.* with --output"
    ):
        keep(record, tmp_path, PICTURE, break_off)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert record.result(None).files == ()


def test_what_writes_sees_the_ending_of_the_name(tmp_path: Path) -> None:
    seen: list[str] = []

    def write(draft: Path) -> None:
        seen.append(draft.suffix)
        draft.touch()

    keep(recording(), tmp_path, PICTURE, write)
    assert seen == [".svg"]


def recording() -> Record:
    clock = Clock(utc=lambda: BEGAN, monotonic=lambda: 0.0, uptime=lambda: 400.5, boot_id="")
    return Record(arguments(), (), clock, io.BytesIO())
