"""The daemon's short history for people: a line of small bars for each card. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gpuhost.telemetry.daemon.history import FIGURES, Series

_BARS = "▁▂▃▄▅▆▇█"
_COLUMNS = 60
_SHOWN = (("GPU", "utilization_percent", "%"), ("W", "power_w", "W"), ("°C", "temperature_c", "°C"))


def drawn(series: Series, title: str, now: float) -> str:
    """All cards of a series, each with its use, power and temperature; the newest is on the right."""
    if not series.points:
        return f"{title}: nothing is on record\n"
    span = series.every_s * _length(series)
    lines = [f"{title}"]
    for place, uuid in enumerate(series.cards):
        lines.append(f"{place}  {uuid}")
        for name, figure, unit in _SHOWN:
            column = FIGURES.index(figure)
            columns = _columns([(at, cards[place][column]) for at, cards in series.points], now, span)
            known = [value for value in columns if value is not None]
            top = 100.0 if unit == "%" else max(known, default=0.0)
            most = f"at most {max(known):.0f} {unit}" if known else "unknown"
            lines.append(f"   {name:4}{''.join(_bar(value, top) for value in columns)}  {most}")
    return "\n".join(lines) + "\n"


def _length(series: Series) -> int:
    return 600 if series.every_s < 60 else 1440


def _columns(points: Sequence[tuple[float, float | None]], now: float, span: float) -> list[float | None]:
    """The mean of each part of the time; None where nothing is known of it."""
    parts: list[list[float]] = [[] for _ in range(_COLUMNS)]
    for at, value in points:
        place = int((at - (now - span)) / span * _COLUMNS)
        if value is not None and 0 <= place < _COLUMNS:
            parts[place].append(value)
    return [sum(part) / len(part) if part else None for part in parts]


def _bar(value: float | None, top: float) -> str:
    if value is None:
        return " "
    return _BARS[min(int(value / top * len(_BARS)), len(_BARS) - 1)] if top else _BARS[0]
