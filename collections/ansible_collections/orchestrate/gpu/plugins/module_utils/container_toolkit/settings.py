"""Settings merged into a file that is somebody else's, and what was there put back later. Pure.

What the owner changes meanwhile stays: of the settings that were made, those alone are taken back that are still as they were made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Settings = Mapping[tuple[str, ...], object]
"""Values by the names that lead to them."""


class Language(Protocol):
    """How a file is written."""

    def value_at(self, text: str, path: Sequence[str]) -> object:
        """None where there is none."""

    def with_value(self, text: str, path: Sequence[str], value: object) -> str:
        """The text with it."""

    def without(self, text: str, path: Sequence[str]) -> str:
        """The text without it."""


@dataclass(frozen=True)
class Kept:
    """What is on record of a file that was changed."""

    before: str | None
    """Its text before; None where there was no file."""
    after: str
    paths: tuple[tuple[str, ...], ...]
    """The settings that were made."""


def merged(
    text: str | None, kept: Kept | None, settings: Settings, language: Language
) -> tuple[str | None, Kept | None]:
    """The file's text as it shall be, and what is to be on record; None for no file, and for no record.

    Args:
        text: as it is.
        kept: what is on record of an earlier change.
        settings: what shall be in it; what was made earlier and is none of them is taken back.
        language: how it is written.
    """
    there = all(language.value_at(text or "", path) == value for path, value in settings.items())
    if there and {*settings} == {*(kept.paths if kept else ())}:
        return text, kept
    before = undone(text, kept, language)
    after = before or ""
    for path, value in settings.items():
        if language.value_at(after, path) != value:
            after = language.with_value(after, path, value)
    if after == (before or ""):
        return before, None
    return after, Kept(before, after, tuple(settings))


def undone(text: str | None, kept: Kept | None, language: Language) -> str | None:
    """The text without what was made, as far as nobody changed that since."""
    if kept is None:
        return text
    if text == kept.after:
        return kept.before
    result = text or ""
    for path in kept.paths:
        if language.value_at(result, path) == language.value_at(kept.after, path):
            result = _put_back(result, kept.before or "", path, language)
    nothing = "".join(result.split()) in {"", "{}"}
    return None if nothing and kept.before is None else result


def _put_back(text: str, before: str, path: tuple[str, ...], language: Language) -> str:
    former = language.value_at(before, path)
    if former is not None:
        return language.with_value(text, path, former)
    text = language.without(text, path)
    # What was made only to hold it goes with it.
    for end in range(len(path) - 1, 0, -1):
        if language.value_at(text, path[:end]) == {} and language.value_at(before, path[:end]) is None:
            text = language.without(text, path[:end])
    return text
