"""When the tables were last compared with their sources, and what is to be said of old ones. Pure: the day is passed in."""

from dataclasses import dataclass
from datetime import date

from orchestrator.models import Confidence, Fact

OLD_AFTER_DAYS = 60
"""NVIDIA brings a new driver branch about every quarter: a table that is older than this may lack one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDate:
    """A table of the catalog and the day on which its rows were last compared with their sources."""

    table: str
    compared: str
    """`2026-11-28`."""
    source: str
    confidence: Confidence
    note: str = ""

    def age_days(self, today: date) -> int:
        """Days since then; 0 where this computer's clock is behind."""
        return max(0, (today - date.fromisoformat(self.compared)).days)


def newest(tables: tuple[TableDate, ...]) -> str:
    """The day of the newest table: the date of the catalog."""
    return max(row.compared for row in tables)


def warnings(tables: tuple[TableDate, ...], today: date) -> tuple[Fact, ...]:
    """What an answer has to say of tables that are old by now, in one sentence; nothing while they are fresh."""
    old = [row for row in tables if row.age_days(today) > OLD_AFTER_DAYS]
    if not old:
        return ()
    oldest = max(old, key=lambda row: row.age_days(today))
    names = ", ".join(row.table for row in old)
    return (
        Fact(
            statement=f"the catalog is old: {names} were compared with their sources up to {oldest.age_days(today)} days ago,"
            " and what came out since is missing",
            source="; ".join(dict.fromkeys(row.source for row in old)),
            confidence=Confidence.MEDIUM,
        ),
    )
