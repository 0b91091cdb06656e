"""What pydantic needs to read and write a type, made once a process: to make it takes longer than to read a file with it.

Imports pydantic when the first is asked for.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Value = TypeVar("Value")


def adapter_of(kind: type[Value]) -> TypeAdapter[Value]:
    """The adapter of a type, which is a dataclass of ours or what `dict[str, str]` says."""
    asked: Any = kind  # mypy does not take a type for hashable
    return _made(asked)


@cache
def _made(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - of whatever type, `Any` among them
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
