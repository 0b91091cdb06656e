"""Times that hosts say. Pure."""

from datetime import UTC, datetime


def sanitized_time(said: object) -> datetime | None:
    """A time in ISO 8601 with its zone, in UTC; None where there is none: null or an empty text.

    Raises:
        TypeError: it is no text.
        ValueError: it is no time, or has no zone.
        OverflowError: it lies outside of what UTC can say.
    """
    if said is None or said == "":
        return None
    if not isinstance(said, str):
        raise TypeError("no time")
    at = datetime.fromisoformat(said)
    if at.tzinfo is None:
        raise ValueError("a date without a time zone")
    return at.astimezone(UTC)
