"""The files of this checkout, and what a broken rule looks like. Decides nothing: the rules are in the test modules."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One place where a rule of the house is broken."""

    path: PurePosixPath
    line: int
    """From 1; 0 where the rule is about the file as a whole."""
    rule: str
    remedy: str

    def __str__(self) -> str:
        """Two lines, the first one clickable in a terminal."""
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.rule}\n  try: {self.remedy}"


def assert_kept(violations: Iterable[Violation]) -> None:
    """Fail with every violation, ordered by place."""
    found = sorted(violations, key=lambda each: (each.path, each.line, each.rule))
    assert not found, "\n" + "\n".join(map(str, found))


@cache
def files() -> tuple[PurePosixPath, ...]:
    """Every file that is tracked or would be by `git add --all`, relative to the root; deleted ones left out."""
    listed = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"),
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (PurePosixPath(name) for name in listed.split("\0") if name)
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


def files_under(*folders: str, suffix: str = "") -> tuple[PurePosixPath, ...]:
    """The files in these top-level folders whose names end in `suffix`."""
    return tuple(path for path in files() if path.parts[0] in folders and path.name.endswith(suffix))


@cache
def read(path: PurePosixPath) -> str:
    """The text of one of `files()`; bytes that are not UTF-8 become replacement characters."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")
