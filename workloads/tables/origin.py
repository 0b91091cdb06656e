"""Where a workload's tables come from, and whether they are those that were asked for. The bytes that are hashed are those that are read."""

import hashlib
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from workloads.decoding import named
from workloads.progress import Record
from workloads.result import Check, DataSetError, check
from workloads.result.evidence import DataFile
from workloads.tables.arguments import TableArguments
from workloads.tables.place import Opened, Opener, opener, opener_of

CHECK = "data_verified"
_BLOCK = 1 << 20
_FETCH_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Where the tables of one data set are."""

    open: Opener
    archive: tuple[DataFile, ...] = ()
    """The one file that they are in; empty where they are several, or in memory."""
    download: Path | None = None
    """What a mirror gave."""

    def forget(self) -> None:
        """Remove the download, which is not what was asked for: the next run fetches it again."""
        if self.download is not None:
            with suppress(OSError):
                self.download.unlink()


def find(
    arguments: TableArguments, folder: Path, main: str, make_up: Callable[[int, int], Mapping[str, bytes]]
) -> Tables:
    """The tables that were asked for.

    Args:
        arguments: what was asked.
        folder: where Keras would keep this data set; what a mirror has is put there.
        main: file name of the training table.
        make_up: makes tables of as many rows, with a seed.

    Raises:
        DataSetError: nothing is there, or the mirror does not give it.
    """
    if arguments.synthetic is not None:
        return Tables(open=opener_of(make_up(arguments.synthetic, arguments.seed)))
    if arguments.mirror:
        download = _fetched(arguments, folder)
        archive = _hashed(download)
        tables = Tables(open=opener(download, main), archive=(archive,), download=download)
        return (
            tables if archive.sha256 == arguments.data_sha256 else replace(tables, open=_forgetting(tables))
        )
    place = Path(arguments.data) if arguments.data else folder
    if not place.exists():
        raise DataSetError(
            f"there is no {folder}: download the data from Kaggle, which needs an account, and give --data with the folder or zip "
            f"that has {main} in it, or --mirror with its --data-sha256; --synthetic 2000 makes rows up, to see that "
            "everything works"
        )
    return Tables(open=opener(place, main), archive=(_hashed(place),) if place.is_file() else ())


def described(name: str, split: str, records: int, sha256: str) -> DataFile:
    """A table as it was read; `split` is `training` or `test`."""
    return DataFile(name=name, split=split, records=records, sha256=sha256, expected_sha256="")


def compared(files: Sequence[DataFile], wanted: str) -> tuple[DataFile, ...]:
    """With the checksum that was given beside the file that it is of: the training table, or the archive where that has it."""
    of = next((file.sha256 for file in files if file.sha256 == wanted), "")
    return tuple(
        replace(file, expected_sha256=wanted)
        if file.sha256 == of or (not of and file.split == "training")
        else file
        for file in files
    )


def check_data(files: Sequence[DataFile], arguments: TableArguments) -> Check:
    """Are these the data that were asked for? Where no checksum was given there is nothing to compare with, and it says so."""
    training = [file for file in files if file.split == "training"]
    seen = ", ".join(f"{file.records} rows of {file.name}, SHA-256 {file.sha256[:12]}" for file in training)
    if arguments.synthetic is not None:
        return check(CHECK, "", seen=seen, expected="synthetic data that was asked for")
    others = {file.sha256 for file in files if file.split == "test"}
    digests = {file.sha256 for file in files if file.split != "test"}
    wanted = arguments.data_sha256
    reason = "" if not wanted or wanted in digests else f"none of what was read has SHA-256 {wanted[:12]}…"
    if digests & others:
        reason = "a table is read for training and for testing"
    return check(
        CHECK, reason, seen=seen, expected=f"SHA-256 {wanted[:12]}…" if wanted else "no checksum was given"
    )


def note(files: Sequence[DataFile], arguments: TableArguments) -> tuple[str, ...]:
    """What a person should know of the data; nothing where they are those of a checksum."""
    if arguments.synthetic is not None:
        made_up = f"{arguments.synthetic} rows made up with seed {arguments.seed}"
        return (f"The data are synthetic: {made_up}. Nothing here is a figure of the real ones.",)
    if not arguments.data_sha256:
        training = next(file for file in files if file.split == "training")
        taken = (
            f"{training.name} is taken as it is. With --data-sha256 {training.sha256} another one would fail."
        )
        return (f"Kaggle publishes no checksum, and none was given: {taken}",)
    return ()


def verify(record: Record, arguments: TableArguments, tables: Tables, read: Sequence[DataFile]) -> bool:
    """Put into the record what was read and what is to be known of it; is it what was asked for?"""
    files = compared((*tables.archive, *read), arguments.data_sha256)
    verified = check_data(files, arguments)
    notes = (*record.evidence.notes, *note(files, arguments))
    record.evidence = replace(record.evidence, data=files, notes=notes)
    record.check(verified)
    if verified.reason:
        tables.forget()
    return not verified.reason


def _fetched(arguments: TableArguments, folder: Path) -> Path:
    """Named by what is expected of it, so that no older download is taken for it."""
    import keras

    name = f"{arguments.data_sha256[:16]}-{PurePosixPath(urlsplit(arguments.mirror).path).name or 'table'}"
    socket.setdefaulttimeout(_FETCH_TIMEOUT_S)
    # Where this folder is not there or not writable, Keras takes one below /tmp without a word.
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    with named(
        lambda said: DataSetError(f"--mirror does not give the data: {said}; they would be kept in {folder}")
    ):
        found = keras.utils.get_file(
            name, origin=arguments.mirror, cache_dir=str(folder.parent), cache_subdir=folder.name
        )
    return Path(str(found))


def _forgetting(tables: Tables) -> Opener:
    """Opens them, and forgets a download that is malformed: it is not what was asked for, and would be found again."""

    @contextmanager
    def open_table(name: str) -> Iterator[Opened | None]:
        try:
            with tables.open(name) as opened:
                yield opened
        except DataSetError:
            tables.forget()
            raise

    return open_table


def _hashed(file: Path) -> DataFile:
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            for block in iter(lambda: stream.read(_BLOCK), b""):
                digest.update(block)
    except OSError as cause:
        raise DataSetError(f"{file.name} cannot be read: {cause}") from cause
    return DataFile(name=file.name, split="archive", records=0, sha256=digest.hexdigest(), expected_sha256="")
