"""The curve of a training as a log of TensorBoard's, among the files that a job makes."""

from pathlib import Path

from workloads.output import Draft, OutputError, keep
from workloads.progress import Record
from workloads.training.event_file import events


def keep_curve(record: Record, output: Path) -> None:
    """Write it below `tensorboard`, a folder for the run; nothing where nothing was trained by epochs.

    What cannot be written is a note: a result without a log is whole.
    """
    if not record.curve:
        return
    began = record.started_at.timestamp()
    run = f"{record.arguments.workload}-{record.arguments.attempt or int(began)}"
    steps = (
        (point.epoch, {"loss": point.loss, "accuracy": point.accuracy, "images_per_s": point.images_per_s})
        for point in record.curve
    )
    draft = Draft(
        name=f"tensorboard/{run}/events.out.tfevents.{int(began)}.{run}",
        about="the curve for TensorBoard",
        media_type="application/octet-stream",
    )
    content = events(began, steps)
    try:
        keep(record, output, draft, lambda path: path.write_bytes(content))
    except OutputError as cause:
        record.note(f"no log for TensorBoard: {cause}")
