"""What a job prints while it runs, line by line, as people are told. Pure; nothing that is printed can break it."""

from collections.abc import Callable
from typing import Any

from orchestrator.sanitize import sanitized_json, sanitized_line

_LONGEST = 200
"""Characters of one line that are shown."""
_FIGURES = 5
"""Of a row that a job measured, so many are shown."""
_FRAME = ("event", "at")
"""What every event has."""


def topic_of(workload: str, line: bytes) -> tuple[str, str]:
    """One line of a job's progress as topic and detail; what is no event is told as it is."""
    try:
        topic, detail = _event(workload, sanitized_json(line))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        topic, detail = workload, line.decode(errors="replace")
    return sanitized_line(topic, limit=_LONGEST), sanitized_line(detail, limit=_LONGEST)


def _event(workload: str, event: dict[str, Any]) -> tuple[str, str]:
    kind = str(event["event"])
    tell = _TOLD.get(kind)
    return (workload, kind) if tell is None else tell(workload, event)


def _epoch(workload: str, event: dict[str, Any]) -> tuple[str, str]:
    return (
        f"{workload}: epoch {event['epoch']}: loss {event['loss']:.3f}, accuracy {event['accuracy']:.3f}, "
        f"{event['images_per_s']:,.0f} images/s"
    ), ""


def _step(workload: str, event: dict[str, Any]) -> tuple[str, str]:
    return workload, _figures({name: fact for name, fact in event.items() if name not in _FRAME})


def _figures(row: dict[str, Any]) -> str:
    """The first few of a row that say something, in their order: names as people read them."""
    told = [(name, value) for name, value in row.items() if value not in (None, "")]
    return ", ".join(f"{name.replace('_', ' ')} {_figure(value)}" for name, value in told[:_FIGURES])


def _figure(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"
    return str(value)


_TOLD: dict[str, Callable[[str, dict[str, Any]], tuple[str, str]]] = {
    "epoch": _epoch,
    "batch": lambda workload, event: (
        f"{workload}: epoch {event['epoch']}",
        f"batch {event['batch']}, loss {event['loss']:.3f}",
    ),
    "check": lambda workload, event: (workload, f"{event['name']} {event['outcome']}"),
    "configuration": lambda workload, event: (
        f"{workload}: {event['number']} of {event['total']}: {event['name']}",
        "",
    ),
    "row": lambda workload, event: (f"{workload}: measured", _figures(event["row"])),
    "step": _step,
    "file": lambda workload, event: (workload, f"made {event['name']}"),
    "imported": lambda workload, event: (workload, f"framework loaded in {event['seconds']:.1f} s"),
}
"""By event. Any other is told by its name."""
