"""Wheels of the package index that pip is set up with: where they are, what is in them, one file out of them.

A wheel is a zip archive, and an index serves parts of a file: a list of what is in a wheel of gigabytes costs two requests.
Never installs anything.
"""

import io
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

_WHEEL = re.compile(r"https?://[^\s#]+\.whl")
_AT_ONCE = 4 * 2**20


class NoWheelError(Exception):
    """The index has no such wheel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel for x86_64 Linux."""

    version: Version
    interpreter: str
    """`cp311`, or `py3` for any."""
    url: str

    def names(self) -> tuple[PurePosixPath, ...]:
        """The files in it."""
        with _archive(self.url) as archive:
            return tuple(PurePosixPath(name) for name in archive.namelist())

    def extract(self, name: str, folder: Path) -> Path:
        """One file out of it, below the folder; where it is then.

        Raises:
            KeyError: there is none of that name.
        """
        target = folder / name
        with _archive(self.url) as archive, archive.open(name) as packed:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                shutil.copyfileobj(packed, file, _AT_ONCE)
        return target


@cache
def listed(package: str) -> tuple[Wheel, ...]:
    """Every wheel for x86_64 Linux that the index has of a package. pip names each when it is asked to tell much."""
    done = subprocess.run(
        (sys.executable, "-m", "pip", "index", "versions", package, "-vv"),
        capture_output=True,
        text=True,
        check=False,
    )
    found = {}
    for url in _WHEEL.findall(done.stdout + done.stderr):
        name, version, _, tags = parse_wheel_filename(url.rpartition("/")[2].replace("%2B", "+"))
        if name == canonicalize_name(package) and any(
            "linux" in tag.platform and "x86_64" in tag.platform for tag in tags
        ):
            found[url] = Wheel(version=version, interpreter=next(iter(tags)).interpreter, url=url)
    return tuple(found.values())


def of_release(package: str, version: str, python: str) -> Wheel:
    """The wheel of this version for this Python.

    Raises:
        NoWheelError: there is none.
    """
    interpreter = f"cp{python.replace('.', '')}"
    for wheel in listed(package):
        if wheel.version == Version(version) and wheel.interpreter == interpreter:
            return wheel
    raise NoWheelError(f"{package} {version} for Python {python}")


@cache
def newest(requirement: str) -> Wheel:
    """The newest wheel that a requirement allows, which is what pip takes where nothing else stands against it.

    Raises:
        NoWheelError: there is none.
    """
    wanted = Requirement(requirement)
    fitting = [wheel for wheel in listed(wanted.name) if wanted.specifier.contains(wheel.version)]
    if not fitting:
        raise NoWheelError(requirement)
    return max(fitting, key=lambda wheel: wheel.version)


class _Remote(io.RawIOBase):
    """A file behind a URL, of which only what is read is fetched."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._place = 0
        with urllib.request.urlopen(self._asking(0, 0)) as answer:  # noqa: S310  a URL that pip gave
            self._size = int(answer.headers["Content-Range"].rpartition("/")[2])

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = base + offset
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader passes
        wanted = min(len(buffer), self._size - self._place)
        if wanted <= 0:
            return 0
        with urllib.request.urlopen(self._asking(self._place, self._place + wanted - 1)) as answer:  # noqa: S310  a URL that pip gave
            content = answer.read()
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)

    def _asking(self, first: int, last: int) -> urllib.request.Request:
        return urllib.request.Request(self._url, headers={"Range": f"bytes={first}-{last}"})  # noqa: S310  a URL that pip gave


def _archive(url: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BufferedReader(_Remote(url), _AT_ONCE))
