"""Links by which TensorFlow finds NVIDIA's libraries where its wheel forgot to look for them.

    <folder of packages>

TensorFlow's own loader sits in one library and looks for the others in the folders of that library's RUNPATH. Some wheels
(2.16.1, 2.21.0) do not name every folder that pip puts them into. A link in a folder that is named mends that for whatever
starts the environment's Python: a shell, a Jupyter kernel, a unit of systemd. It lies as deep as the file that it leads to,
so that the file finds its own neighbours as before. Prints the links that are there in the end, as one JSON list, when it
is run. Never sets a variable, changes a library, or takes a link away.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

LOADER = "tensorflow/libtensorflow_framework.so.2"
"""The library that looks for the others."""
LIBRARIES = frozenset(
    {"libcudart", "libcublas", "libcublasLt", "libcufft", "libcurand", "libcusolver", "libcusparse"}
    | {"libcudnn", "libcupti", "libnccl", "libnvshmem_host"}
)
"""What it may look for, without what follows `.so`."""
PREFERRED = "nvidia/cuda_runtime/lib"
_SEGMENT_LOAD, _SEGMENT_DYNAMIC = 1, 2
_STRING_TABLE, _RPATH, _RUNPATH = 5, 15, 29


class NotElfError(ValueError):
    """The file is no library of 64 bits in little-endian order."""


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    packages = Path(arguments[0])
    make(packages)
    sys.stdout.write(json.dumps(there(packages)) + "\n")
    return 0


def wanting(packages: Path) -> tuple[str, ...]:
    """The links that have to be made, as paths in the folder of packages. Changes nothing."""
    return _named(packages, made=False)


def there(packages: Path) -> tuple[str, ...]:
    """The links that have been made, as paths in the folder of packages."""
    return _named(packages, made=True)


def make(packages: Path) -> tuple[str, ...]:
    """Make those that are wanting; return them."""
    missing = wanting(packages)
    for link, library in _links(packages):
        if str(link.relative_to(packages)) in missing:
            link.unlink(missing_ok=True)
            link.symlink_to(os.path.relpath(library, link.parent))
    return missing


def search_path(library: Path) -> tuple[Path, ...]:
    """The folders that are searched for what the library loads by its name, in their order, each once.

    Raises:
        NotElfError: it is none.
    """
    origin = str(library.parent)
    path = _runpath(library).replace("$ORIGIN", origin).replace("${ORIGIN}", origin)
    return tuple(dict.fromkeys(Path(os.path.normpath(part)) for part in path.split(":") if part))


def _named(packages: Path, *, made: bool) -> tuple[str, ...]:
    links = (link for link, _library in _links(packages) if (link.is_symlink() and link.exists()) is made)
    return tuple(str(link.relative_to(packages)) for link in links)


def _links(packages: Path) -> Iterable[tuple[Path, Path]]:
    """Where a link has to be, and the library that it leads to."""
    loader = packages / LOADER
    if not loader.is_file():
        return
    searched = search_path(loader)
    with_libraries = sorted(packages.glob("nvidia/*/lib"))
    known = [folder for folder in with_libraries if folder in searched]
    if not known:
        return
    target = packages / PREFERRED if packages / PREFERRED in known else known[0]
    for folder in with_libraries:
        if folder in known:
            continue
        for library in sorted(folder.glob("lib*.so.*")):
            named = target / library.name
            if library.name.split(".so")[0] in LIBRARIES and (named.is_symlink() or not named.exists()):
                yield named, library


def _runpath(library: Path) -> str:
    """The text of its DT_RUNPATH, or of DT_RPATH in its absence; empty without either."""
    with library.open("rb") as file:
        header = file.read(64)
        if header[:6] != b"\x7fELF\x02\x01":
            raise NotElfError(f"{library} is no library of 64 bits")
        table, size, count = (
            struct.unpack_from("<Q", header, 32)[0],
            *struct.unpack_from("<HH", header, 54),
        )
        file.seek(table)
        segments = [struct.unpack("<IIQQQQQQ", file.read(size)[:56]) for _rest in range(count)]
        dynamic = next((each for each in segments if each[0] == _SEGMENT_DYNAMIC), None)
        if dynamic is None:
            return ""
        file.seek(dynamic[2])
        entries: dict[int, int] = {}
        for tag, value in struct.iter_unpack("<QQ", file.read(dynamic[5] // 16 * 16)):
            entries.setdefault(tag, value)
        place = entries.get(_RUNPATH, entries.get(_RPATH))
        if place is None:
            return ""
        strings = entries[_STRING_TABLE]
        loaded = next(
            each for each in segments if each[0] == _SEGMENT_LOAD and 0 <= strings - each[3] < each[5]
        )
        file.seek(strings - loaded[3] + loaded[2] + place)
        text = b""
        while b"\0" not in text:
            more = file.read(65536)
            if not more:
                break
            text += more
        return text.split(b"\0")[0].decode("utf-8", "surrogateescape")


if __name__ == "__main__" and sys.argv[1:]:
    raise SystemExit(main(sys.argv[1:]))
