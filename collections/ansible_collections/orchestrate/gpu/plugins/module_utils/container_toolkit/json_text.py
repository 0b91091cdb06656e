"""Members of a JSON object set and removed in its text, of which all else stays byte for byte. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")
_STEP = "    "
"""By which a member is indented where there is no other to be indented like."""


@dataclass(frozen=True)
class _Member:
    name: str
    start: int
    """Of its name."""
    value: int
    end: int


def value_at(text: str, path: Sequence[str]) -> object:
    """What the member is; None where it, or one above it, is not there. Raises ValueError where the text is no object of JSON."""
    found = parsed(text)
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def parsed(text: str) -> object:
    """The object that the text is, an empty one where there is no text. Raises ValueError for anything else."""
    found = json.loads(text) if text.strip() else {}
    if not isinstance(found, dict):
        raise json.JSONDecodeError("no object", text, 0)
    return found


def with_value(text: str, path: Sequence[str], value: object) -> str:
    """The text with this value there, and the objects above it where they are missing."""
    if not text.strip():
        return f"{{\n{_STEP}{_said(path, value)}\n}}\n"
    return _with_value(text, _past_space(text, 0), path, value)


def without(text: str, path: Sequence[str]) -> str:
    """The text without this member; the objects above it stay."""
    if not text.strip():
        return text
    return _without(text, _past_space(text, 0), path)


def _with_value(text: str, at: int, path: Sequence[str], value: object) -> str:
    members = _members(text, at)
    member = _named(members, path[0])
    if member is not None:
        if len(path) > 1 and text[member.value] == "{":
            return _with_value(text, member.value, path[1:], value)
        return text[: member.value] + _rendered(path[1:], value) + text[member.end :]
    if not members:
        lead = f"\n{_indent(text, at)}"
        end = text.index("}", at)
        return f"{text[: at + 1]}{lead}{_STEP}{_said(path, value)}{lead}{text[end:]}"
    last = members[-1]
    lead = re.split(r"[{,]", text[at : last.start])[-1] if len(members) == 1 else _lead(text, members)
    return f"{text[: last.end]},{lead}{_said(path, value)}{text[last.end :]}"


def _without(text: str, at: int, path: Sequence[str]) -> str:
    members = _members(text, at)
    member = _named(members, path[0])
    if member is None:
        return text
    if len(path) > 1:
        return _without(text, member.value, path[1:]) if text[member.value] == "{" else text
    place = members.index(member)
    if len(members) == 1:
        return f"{text[: at + 1]}{text[text.index('}', member.end) :]}"
    if place == len(members) - 1:
        return text[: members[place - 1].end] + text[member.end :]
    return text[: member.start] + text[members[place + 1].start :]


def _members(text: str, at: int) -> list[_Member]:
    """Of the object that begins here."""
    found = []
    here = _past_space(text, at + 1)
    while text[here] != "}":
        start = _past_space(text, here + 1) if text[here] == "," else here
        name, after = _DECODER.raw_decode(text, start)
        value = _past_space(text, text.index(":", after) + 1)
        _value, end = _DECODER.raw_decode(text, value)
        found.append(_Member(name, start, value, end))
        here = _past_space(text, end)
    return found


def _named(members: Sequence[_Member], name: str) -> _Member | None:
    """The last counts where there are several, for Python as for Docker."""
    return next((member for member in reversed(members) if member.name == name), None)


def _lead(text: str, members: Sequence[_Member]) -> str:
    """The space before the last of several members."""
    return text[members[-2].end : members[-1].start].replace(",", "", 1)


def _indent(text: str, at: int) -> str:
    """Of the line in which this is."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def _said(path: Sequence[str], value: object) -> str:
    return f"{json.dumps(path[0])}: {_rendered(path[1:], value)}"


def _rendered(path: Sequence[str], value: object) -> str:
    for name in reversed(path):
        value = {name: value}
    return json.dumps(value)


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
