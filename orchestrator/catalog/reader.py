"""CSV files to rows, every cell checked. Knows the forms of cells, not what they mean.

A cell holds one value or a list of them with spaces between. A broken one ends with file, line and column.
"""

import csv
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TypeVar, get_type_hints

from orchestrator.catalog.rows import Capability
from orchestrator.errors import OrchestrateError

Row = TypeVar("Row")


class CatalogError(OrchestrateError):
    """A table of the catalog cannot be what it is meant to be."""


def read(kind: type[Row], path: Path) -> tuple[Row, ...]:
    """The rows of one table.

    Raises:
        CatalogError: the columns are not the fields of `kind`, or a cell is not of its field's form.
    """
    columns = _columns(kind)
    with path.open(encoding="utf-8", newline="") as file:
        try:
            lines = list(csv.reader(file, strict=True))
        except csv.Error as error:
            raise CatalogError(f"{path.name}: {error}", "close the quotes") from error
    header = lines[0] if lines else []
    if header != [column.name for column in columns]:
        raise CatalogError(
            f"{path.name}:1: the columns are {', '.join(header)}",
            f"name them {', '.join(column.name for column in columns)}",
        )
    return tuple(
        kind(**_cells(columns, cells, f"{path.name}:{line}")) for line, cells in enumerate(lines[1:], start=2)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    name: str
    parse: Callable[[str], object]
    form: str
    """What a cell has to be, in words."""
    may_be_empty: bool


def _cells(columns: tuple[_Column, ...], cells: list[str], place: str) -> dict[str, object]:
    if len(cells) != len(columns):
        raise CatalogError(
            f"{place}: {len(cells)} cells for {len(columns)} columns", "quote what holds a comma"
        )
    given: dict[str, object] = {}
    for column, cell in zip(columns, cells, strict=True):
        if cell:
            try:
                given[column.name] = column.parse(cell)
            except (ValueError, KeyError) as error:
                raise CatalogError(f"{place}: {column.name} is {cell!r}", f"write {column.form}") from error
        elif not column.may_be_empty:
            raise CatalogError(f"{place}: {column.name} is empty", f"write {column.form}")
    return given


def _columns(kind: type[Row]) -> tuple[_Column, ...]:
    hints = get_type_hints(kind)
    columns = []
    for field in fields(kind):  # type: ignore[arg-type]  # every kind is a dataclass; a TypeVar cannot say so
        parse, form = _FORMS[hints[field.name]] if hints[field.name] in _FORMS else _choice(hints[field.name])
        columns.append(
            _Column(name=field.name, parse=parse, form=form, may_be_empty=field.default is not MISSING)
        )
    return tuple(columns)


def _choice(kind: type[StrEnum]) -> tuple[Callable[[str], object], str]:
    return kind, "one of " + ", ".join(kind)


def _text(cell: str) -> str:
    if cell != cell.strip():
        raise ValueError(cell)
    return cell


def _capability(cell: str) -> Capability:
    major, point, minor = cell.partition(".")
    if not point:
        return int(cell[:-1]), int(cell[-1])
    return int(major), int(minor)


_FORMS: dict[object, tuple[Callable[[str], object], str]] = {
    str: (_text, "text without space around it"),
    int: (int, "a whole number"),
    float: (float, "a number"),
    bool: ({"yes": True, "no": False}.__getitem__, "yes or no"),
    tuple[str, ...]: (lambda cell: tuple(cell.split()), "words with spaces between"),
    Capability: (_capability, "a compute capability such as 8.6"),
    tuple[Capability, ...]: (
        lambda cell: tuple(map(_capability, cell.split())),
        "compute capabilities such as 75 80",
    ),
}
