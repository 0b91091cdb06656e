"""Rows of a CSV one after another, hashed as they go by. What is malformed is named by file, line and column, with what was seen."""

import csv
import hashlib
import math
from collections.abc import Iterator, Sequence

from workloads.decoding import named
from workloads.result import DataSetError
from workloads.tables.place import Opened

LONGEST_LINE = 1 << 20
"""Bytes. A face of 96 x 96 takes 36,000 at most."""
_SHOWN = 40
"""Characters of a cell that are told."""


def is_plain(text: str) -> bool:
    """Can numbers be made of it by everybody? Python alone takes 1_000, and digits of other scripts."""
    return text.isascii() and "_" not in text


def number(text: str) -> float:
    """What a cell is worth; NaN where it is no number."""
    try:
        return float(text) if is_plain(text) else math.nan
    except ValueError:
        return math.nan


class Rows:
    """Those of one table. The header is read at once, and has to be the expected one."""

    def __init__(self, opened: Opened, header: Sequence[str]) -> None:
        """
        Args:
            opened: the table.
            header: its column names, in their order.

        Raises:
            DataSetError: it cannot be read, or has other columns.
        """
        self.name = opened.name
        self.header = tuple(header)
        self.count = 0
        """Rows that were read, without the header."""
        self._opened = opened
        self._digest = hashlib.sha256()
        self._reader = csv.reader(self._lines(), strict=True)
        self._check_header(self._next())

    @property
    def line(self) -> int:
        """Of the row that was read last, from 1: the header is the first."""
        return self._reader.line_num

    @property
    def sha256(self) -> str:
        """Of all bytes that were read: the unpacked table's when its rows are at their end."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[list[str]]:
        """The cells of each row, as many as there are columns. Lines without anything are passed over.

        Raises:
            DataSetError: the file cannot be read on, or a row has more or fewer cells.
        """
        while (cells := self._next()) is not None:
            if not cells:
                continue
            if len(cells) != len(self.header):
                raise DataSetError(
                    f"{self.name}, line {self.line}: {len(cells)} cells, and the header has {len(self.header)} columns"
                )
            self.count += 1
            yield cells

    def only(self, column: str, seen: str, line_of: dict[str, int]) -> str:
        """An id of the row that was read last, which no row before it has.

        Args:
            column: its name.
            seen: the id.
            line_of: the lines of all before; this one is added.

        Raises:
            DataSetError: it is empty, or there already.
        """
        if not seen:
            raise self.malformed(column, seen, "an id")
        first = line_of.setdefault(seen, self.line)
        if first != self.line:
            raise self.malformed(column, seen, f"an id of its own: line {first} has it, too")
        return seen

    def malformed(self, column: str, seen: str, wanted: str) -> DataSetError:
        """What is wrong with a cell of the row that was read last.

        Args:
            column: its name.
            seen: what stands in it.
            wanted: what should, as in "is not a number".
        """
        shown = seen if len(seen) <= _SHOWN else f"{seen[:_SHOWN]}…"
        return DataSetError(f"{self.name}, line {self.line}, column {column}: {shown!r} is not {wanted}")

    def _check_header(self, cells: list[str] | None) -> None:
        if cells is None:
            raise DataSetError(f"{self.name} is empty")
        found = [cell.strip() for cell in cells]
        if len(found) != len(self.header):
            raise DataSetError(
                f"{self.name}, line 1: {len(found)} columns, and there should be {len(self.header)}: "
                f"{self.header[0]} to {self.header[-1]}"
            )
        for number, (seen, wanted) in enumerate(zip(found, self.header, strict=True), start=1):
            if seen != wanted:
                shown = seen if len(seen) <= _SHOWN else f"{seen[:_SHOWN]}…"
                raise DataSetError(
                    f"{self.name}, line 1, column {number}: {shown!r}, and it should be {wanted!r}"
                )

    def _next(self) -> list[str] | None:
        with named(lambda said: DataSetError(f"{self.name} cannot be read after line {self.line}: {said}")):
            try:
                return next(self._reader, None)
            except UnicodeDecodeError as cause:
                raise DataSetError(f"{self.name}, line {self.line + 1}: it is not UTF-8 text") from cause
            except csv.Error as cause:
                raise DataSetError(f"{self.name}, line {self.line}: {cause}") from cause

    def _lines(self) -> Iterator[str]:
        encoding = "utf-8-sig"
        while line := self._opened.stream.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise DataSetError(f"{self.name}, line {self.line + 1}: longer than {LONGEST_LINE:,} bytes")
            self._digest.update(line)
            yield line.decode(encoding)
            encoding = "utf-8"
