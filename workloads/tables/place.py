"""Find a table where Kaggle's downloads put it: in a folder, in a zip, in a zip within a zip, gzipped, or as it is. Reads no row.

What a file is says its beginning, not its name.
"""

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TypeAlias

from workloads.decoding import named
from workloads.result import DataSetError

_DEEPEST = 3
"""A CSV in a zip in a zip, as the download of facial keypoints has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A table, ready to be read."""

    name: str
    """For people: the file's name, with the archive's before it."""
    stream: IO[bytes]


Opener: TypeAlias = Callable[[str], AbstractContextManager[Opened | None]]
"""Opens the table of a name such as `train.csv`; None where there is none."""


def opener(place: Path, main: str) -> Opener:
    """Opens the tables of a place.

    Args:
        place: a folder, a zip, or a file that is the main table itself.
        main: the name of the main table.
    """

    @contextmanager
    def open_table(name: str) -> Iterator[Opened | None]:
        with ExitStack() as stack:
            with named(lambda said: DataSetError(f"{place.name} cannot be read: {said}")):
                opened = _in_place(place, name, main, stack)
            yield opened

    return open_table


def opener_of(texts: Mapping[str, bytes]) -> Opener:
    """Opens tables that are in memory, by their names."""

    @contextmanager
    def open_table(name: str) -> Iterator[Opened | None]:
        yield Opened(name=f"made-up {name}", stream=io.BytesIO(texts[name])) if name in texts else None

    return open_table


def _in_place(place: Path, name: str, main: str, stack: ExitStack) -> Opened | None:
    if place.is_dir():
        return _in_folder(place, name, stack)
    stream = stack.enter_context(place.open("rb"))
    if _beginning(stream) != b"PK" and name != main:
        return None
    return _unpacked(Opened(name=place.name, stream=stream), name, stack, depth=0)


def _in_folder(folder: Path, name: str, stack: ExitStack) -> Opened | None:
    """Under its own name first, else in one of the folder's other archives."""
    own = [folder / candidate for candidate in _candidates(name)]
    others = [path for path in sorted(folder.glob("*.zip")) if path not in own]
    for path in (*own, *others):
        if path.is_file():
            stream = stack.enter_context(path.open("rb"))
            found = _unpacked(Opened(name=path.name, stream=stream), name, stack, depth=0)
            if found is not None:
                return found
    return None


def _unpacked(opened: Opened, name: str, stack: ExitStack, *, depth: int) -> Opened | None:
    """The table itself, whatever it is packed in."""
    beginning = _beginning(opened.stream)
    if beginning == b"\x1f\x8b":
        # One that buffers: lines are read from it.
        unzipped = io.BufferedReader(gzip.GzipFile(fileobj=opened.stream))
        return Opened(name=opened.name, stream=stack.enter_context(unzipped))
    if beginning != b"PK":
        return opened
    if depth == _DEEPEST:
        return None
    archive = stack.enter_context(zipfile.ZipFile(opened.stream))
    # The copies that macOS puts beside are no tables.
    members = {
        PurePosixPath(member).name: member for member in archive.namelist() if "__MACOSX" not in member
    }
    for candidate in _candidates(name):
        if candidate in members:
            inner = Opened(
                name=f"{opened.name}/{candidate}",
                stream=stack.enter_context(archive.open(members[candidate])),
            )
            found = _unpacked(inner, name, stack, depth=depth + 1)
            if found is not None:
                return found
    return None


def _candidates(name: str) -> tuple[str, ...]:
    """The names that Kaggle's downloads, and people, give it."""
    return (name, f"{name}.gz", f"{name}.zip", f"{PurePosixPath(name).stem}.zip")


def _beginning(stream: IO[bytes]) -> bytes:
    beginning = stream.read(2)
    stream.seek(0)
    return beginning
