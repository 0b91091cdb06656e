"""The user's own SSH configuration: one `Include` at its top, put there and taken away. Every other line stays as it is."""

import re
from pathlib import Path

from orchestrator.computer.files import make_private, write_atomically

_COMMENT = "# Hosts of orchestrate; `orchestrate ssh-config --remove` takes this and the next line away."


def with_include(text: str, pattern: str) -> str:
    """The configuration with the files of the pattern included before all else: behind a `Host` or `Match` the line would
    belong to that block. Once, however often it is asked."""
    rest = without_include(text, pattern)
    return f"{_COMMENT}\n{_line(pattern)}\n" + (f"\n{rest}" if rest else "")


def without_include(text: str, pattern: str) -> str:
    """The configuration as it was before `with_include`."""
    block = re.escape(f"{_COMMENT}\n{_line(pattern)}\n")
    return re.sub(f"{block}\n?", "", text)


def includes(text: str, pattern: str) -> bool:
    """Whether it has the line."""
    return _line(pattern) in text.splitlines()


def hosts_named(text: str) -> frozenset[str]:
    """Names that a `Host` line of it has, patterns left out."""
    named = re.findall(r"^[ \t]*Host[ \t=]+(.+)$", text, re.MULTILINE | re.IGNORECASE)
    words = (word.strip('"') for line in named for word in line.split())
    return frozenset(word for word in words if not set(word) & set("*?!"))


def read(file: Path) -> str:
    """What it says; empty where there is none. Bytes that are no UTF-8 come back unchanged when written."""
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""


def write(file: Path, text: str) -> None:
    """Replace it in one step, with the access that it has; behind a link, the file that the link leads to.

    Raises:
        DiskFullError: no space; what was there is untouched.
    """
    target = file.resolve()
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
    if not target.parent.exists():
        make_private(target.parent)
    write_atomically(target, text.encode("utf-8", errors="surrogateescape"), mode=mode)


def _line(pattern: str) -> str:
    return f'Include "{pattern}"'
