"""A string set and removed in a table of TOML, by lines: all others stay as they are. Knows no more of TOML than that. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

_TABLE = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+\s*(?:#.*)?$")


def value_at(text: str, path: Sequence[str]) -> object:
    """The string of this table and name; None where it is not there, and of a table itself."""
    lines = text.splitlines()
    place = _place(lines, *path) if len(path) > 1 else None
    if place is None:
        return None
    value = lines[place].partition("=")[2].strip()
    quoted = re.match(r"\"([^\"]*)\"|'([^']*)'", value)
    return (quoted[1] or quoted[2] or "") if quoted else value


def with_value(text: str, path: Sequence[str], value: object) -> str:
    """The text with this string there, in its place or at the top of its table."""
    table, name = path
    lines = text.splitlines(keepends=True)
    place = _place(lines, table, name)
    if place is not None:
        indent = re.match(r"\s*", lines[place])
        lines[place] = f"{indent[0] if indent else ''}{name} = {json.dumps(value)}\n"
        return "".join(lines)
    head = next((at for at, line in enumerate(lines) if _table(line) == table), None)
    if head is None:
        return f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}[{table}]\n{name} = {json.dumps(value)}\n"
    lines.insert(head + 1, f"{name} = {json.dumps(value)}\n")
    return "".join(lines)


def without(text: str, path: Sequence[str]) -> str:
    """The text without it; its table stays."""
    lines = text.splitlines(keepends=True)
    place = _place(lines, *path)
    return text if place is None else "".join(lines[:place] + lines[place + 1 :])


def _place(lines: Sequence[str], table: str, name: str) -> int | None:
    inside = False
    for at, line in enumerate(lines):
        found = _table(line)
        if found is not None:
            inside = found == table
        elif inside and re.match(rf"\s*{re.escape(name)}\s*=", line):
            return at
    return None


def _table(line: str) -> str | None:
    found = _TABLE.match(line)
    return found[1] if found else None
