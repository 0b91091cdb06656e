"""Reports side by side: rows of cells, one for each report. Values only."""

from dataclasses import dataclass
from statistics import fmean

from orchestrator.stages.report.record import RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A report, and what it is called in the comparison."""

    name: str
    record: RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one report says in one row."""

    text: str
    """As people read it; a hyphen where nothing is said."""
    values: tuple[float, ...] = ()
    """The figures behind it, one for each host. Empty: it is no figure."""

    @property
    def mean(self) -> float | None:
        """Over the hosts; None without a figure."""
        return fmean(self.values) if self.values else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing in all reports, in their order."""

    name: str
    cells: tuple[Cell, ...]

    @property
    def ratio(self) -> float | None:
        """The last report's mean by the first's; None where one of them has no figure, or the first's is 0."""
        first, last = self.cells[0].mean, self.cells[-1].mean
        return last / first if first and last is not None else None

    @property
    def differs(self) -> bool:
        """Whether the reports do not all say the same."""
        return len({cell.text for cell in self.cells}) > 1

    @property
    def overlaps(self) -> bool:
        """Whether the first report's figures and the last's lie in each other's range: then they are not told apart."""
        first, last = self.cells[0].values, self.cells[-1].values
        return bool(first and last) and min(first) <= max(last) and min(last) <= max(first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows about one thing."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Reports side by side."""

    reports: tuple[Named, ...]
    statement: str
    """What it comes to, in a sentence."""
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    """Why figures of these reports may say less than they seem to."""
