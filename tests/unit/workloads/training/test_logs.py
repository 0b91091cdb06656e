"""The log for TensorBoard among what a job makes."""

from pathlib import Path

from tests.unit.workloads.test_output import recording
from workloads.progress import Record
from workloads.result import EpochPoint
from workloads.training.logs import keep_curve


def trained() -> Record:
    record = recording()
    for epoch in (1, 2):
        record.epoch(EpochPoint(epoch=epoch, loss=0.5, accuracy=0.8, seconds=1.0, images_per_s=1000.0))
    return record


def test_a_training_leaves_its_curve_in_a_folder_of_its_own(tmp_path: Path) -> None:
    record = trained()
    keep_curve(record, tmp_path)
    (told,) = record.result(None).files
    assert told.name.startswith("tensorboard/")
    assert (tmp_path / told.name).read_bytes().count(b"accuracy") == 2
    assert (tmp_path / told.name).name.startswith("events.out.tfevents.")


def test_where_nothing_was_trained_there_is_none(tmp_path: Path) -> None:
    keep_curve(recording(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("no folder")
    record = trained()
    keep_curve(record, tmp_path / "output")
    assert record.evidence.notes[0].startswith("no log for TensorBoard: ")
    assert record.result(None).files == ()
