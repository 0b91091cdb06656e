"""How old the catalog is, and what is said of that."""

from datetime import date

from orchestrator.catalog.dates import OLD_AFTER_DAYS, TableDate, newest, warnings
from orchestrator.models import Confidence


def table(name: str, compared: str) -> TableDate:
    """A table that was compared on that day."""
    return TableDate(table=name, compared=compared, source="its source", confidence=Confidence.HIGH)


TABLES = (table("gpus", "2026-11-20"), table("cuda", "2026-11-28"))


def test_the_catalog_is_as_new_as_its_newest_table() -> None:
    assert newest(TABLES) == "2026-11-28"


def test_fresh_tables_are_not_spoken_of() -> None:
    assert warnings(TABLES, date(2026, 11, 28)) == ()
    assert warnings(TABLES, date(2026, 1, 1)) == ()  # this computer's clock is behind


def test_old_tables_are_named_with_the_age_of_the_oldest() -> None:
    (one,) = warnings(TABLES, date(2027, 1, 20))
    assert one.statement.startswith(
        "the catalog is old: gpus were compared with their sources up to 61 days ago"
    )
    (both,) = warnings(TABLES, date(2027, 12, 1))
    assert "gpus, cuda" in both.statement
    assert OLD_AFTER_DAYS == 60
