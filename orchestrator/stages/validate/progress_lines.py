"""What a job prints while it runs, line by line, as people are told. Pure; nothing that is printed can break it."""

from typing import Any

from orchestrator.sanitize import sanitized_json, sanitized_line

_LONGEST = 200
"""Characters of one line that are shown."""


def topic_of(workload: str, line: bytes) -> tuple[str, str]:
    """One line of a job's progress as topic and detail; what is no event is told as it is."""
    try:
        topic, detail = _event(workload, sanitized_json(line))
    except (ValueError, KeyError, TypeError, OverflowError):
        topic, detail = workload, line.decode(errors="replace")
    return sanitized_line(topic, limit=_LONGEST), sanitized_line(detail, limit=_LONGEST)


def _event(workload: str, event: dict[str, Any]) -> tuple[str, str]:
    kind = event["event"]
    if kind == "epoch":
        return (
            f"{workload}: epoch {event['epoch']}: loss {event['loss']:.3f}, accuracy {event['accuracy']:.3f}, "
            f"{event['images_per_s']:,.0f} images/s"
        ), ""
    if kind == "batch":
        return f"{workload}: epoch {event['epoch']}", f"batch {event['batch']}, loss {event['loss']:.3f}"
    if kind == "check":
        return workload, f"{event['name']} {event['outcome']}"
    return workload, str(kind)
