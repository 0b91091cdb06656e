"""JSON that somebody else wrote: whatever is in it, there is a clean value or one kind of error. Pure."""

import json
import math
from collections.abc import Iterable
from typing import Any

from orchestrator.sanitize.text import sanitized

DEEPEST = 32
"""Levels of nesting. What our programs write has six, a cloud's answers a few more."""

MOST_DIGITS = 20
"""Of an integer: 2**64 has so many."""

LONGEST_TEXT = 20_000
"""Characters of one string."""

Pairs = Iterable[tuple[str, Any]]


class DocumentError(ValueError):
    """The text is no JSON that any program of ours writes."""


def sanitized_json(text: str | bytes) -> Any:  # noqa: ANN401 - the caller validates the shape
    """Parse JSON strictly; every string in it comes out as `sanitized` leaves it.

    Raises:
        DocumentError: no JSON, NaN or Infinity, an integer beyond 64 bits, a key twice in one object, nested too deeply.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode()
        value = json.loads(
            decoded,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except RecursionError:
        raise DocumentError("it is nested too deeply") from None
    except DocumentError:
        raise
    except ValueError as error:
        raise DocumentError(f"Invalid JSON: {str(error).partition(':')[0]}") from error
    return sanitized_value(value, limit=LONGEST_TEXT)


def sanitized_value(value: Any, *, limit: int | None = None, depth: int = 0) -> Any:  # noqa: ANN401 - as json.loads
    """A parsed value with every string, keys included, sanitized. Raises DocumentError where it is nested too deeply.

    Args:
        value: whatever a parser made.
        limit: characters that are kept of each string.
        depth: how deep in the document it is.
    """
    if depth > DEEPEST:
        raise DocumentError("it is nested too deeply")
    if isinstance(value, str):
        return sanitized(value, limit=limit)
    if isinstance(value, dict):
        return {
            sanitized_value(key, limit=limit): sanitized_value(each, limit=limit, depth=depth + 1)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [sanitized_value(each, limit=limit, depth=depth + 1) for each in value]
    return value


def _object(pairs: Pairs) -> dict[str, Any]:
    given = list(pairs)
    made = dict(given)
    if len(made) != len(given):
        raise DocumentError("a key is there twice in one object")
    return made


def _constant(name: str) -> float:
    raise DocumentError(f"{name} is no JSON number")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MOST_DIGITS:
        raise DocumentError(f"a number has {len(digits)} digits")
    return int(digits)


def _float(digits: str) -> float:
    if len(digits) > 64:
        raise DocumentError(f"a number has {len(digits)} digits")
    value = float(digits)
    if not math.isfinite(value):
        raise DocumentError("a number is larger than a float can be")
    return value
