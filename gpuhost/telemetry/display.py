"""A snapshot for people: as a picture for a terminal, or as plain lines. Pure: no clock, no terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from gpuhost.telemetry.snapshot import OK, Card, Process, Snapshot

GIB = 2**30
_BAR = 24
_COLORS = {"red": 31, "green": 32, "yellow": 33, "bold": 1, "dim": 2}
WARM_C, HOT_C = 75, 85
BUSY_PERCENT, FULL_PERCENT = 50, 90
"""From where on a bar is yellow, and red."""


@dataclass(frozen=True)
class Look:
    """How it is drawn."""

    pictured: bool
    """Bars and colours, for a terminal."""
    columns: int = 100


def drawn(snapshot: Snapshot, look: Look) -> str:
    """All of it; ends with a line feed."""
    lines = [*_head(snapshot, look)]
    for card in snapshot.cards:
        lines += _card(card, snapshot.taken_at, look)
    for advice in snapshot.advice:
        about = _name_of(advice.about, snapshot.cards)
        color = "red" if advice.severity == "problem" else "yellow"
        lines.append(_in(color, f"{advice.severity}: {about}{advice.seen}", look))
        lines.append(f"  try: {advice.action}")
    return "\n".join(_cut(line, look) for line in lines) + "\n"


def _head(snapshot: Snapshot, look: Look) -> Iterator[str]:
    at = datetime.fromtimestamp(snapshot.taken_at, timezone.utc)
    parts = [snapshot.host, f"driver {snapshot.driver}" if snapshot.driver else ""]
    parts += [f"CUDA {snapshot.cuda}" if snapshot.cuda else "", f"{at:%Y-%m-%d %H:%M:%S} UTC"]
    yield _in("bold", "  ".join(part for part in parts if part), look)
    if snapshot.state != OK:
        yield _in(
            "red" if snapshot.cards or "driver" in snapshot.state else "dim",
            f"{snapshot.state}: {snapshot.why}",
            look,
        )


def _card(card: Card, now: float, look: Look) -> Iterator[str]:
    yield _in("bold", f"{card.index}  {card.name or 'unknown card'}  {card.address}", look)
    if card.state != OK:
        yield _in("red", f"   {card.state}: {card.error}", look)
        return
    busy = card.utilization_percent
    full = percent(card.memory_used_bytes, card.memory_total_bytes)
    clock = f"{card.clock_sm_mhz} MHz" if card.clock_sm_mhz is not None else ""
    held = f"held back: {', '.join(card.throttle_reasons)}" if card.throttle_reasons else ""
    yield "   " + _joined(_bar("GPU", busy, look), clock, _in("yellow", held, look) if held else "")
    memory = f"{gib(card.memory_used_bytes)} of {gib(card.memory_total_bytes)}"
    yield "   " + _joined(_bar("MEM", full, look), memory, _mig(card))
    yield "   " + _joined(_heat(card, look), _power(card), _fan(card), _state(card))
    if card.processes:
        yield from _processes(card.processes, now)


def _processes(processes: Sequence[Process], now: float) -> Iterator[str]:
    rows = [("PID", "USER", "MEMORY", "RUNS FOR", "COMMAND", "UNIT")]
    rows += [
        (
            str(each.pid),
            each.user or "?",
            gib(each.memory_bytes),
            duration(now - each.started_at) if each.started_at is not None else "?",
            f"{each.command or '?'}{' (in the kernel, cannot be ended)' if each.state == 'D' else ''}",
            each.unit,
        )
        for each in processes
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield ("   " + "  ".join(word.ljust(width) for word, width in zip(row, widths))).rstrip()


def percent(part: int | None, whole: int | None) -> int | None:
    """Of a whole; None where either is unknown."""
    return None if part is None or not whole else round(100 * part / whole)


def gib(count: int | None) -> str:
    """Bytes for people."""
    if count is None:
        return "?"
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count / 2**20:.0f} MiB"


def duration(seconds: float) -> str:
    """`3:07:12`, `2 d 04:10`."""
    whole = max(round(seconds), 0)
    days, rest = divmod(whole, 86400)
    hours, minutes = rest // 3600, rest // 60 % 60
    return f"{days} d {hours:02}:{minutes:02}" if days else f"{hours}:{minutes:02}:{rest % 60:02}"


def _bar(name: str, share: int | None, look: Look) -> str:
    told = "  ? %" if share is None else f"{share:3} %"
    if not look.pictured:
        return f"{name} {told.strip()}"
    filled = round(_BAR * min(share or 0, 100) / 100)
    color = "red" if (share or 0) >= FULL_PERCENT else "yellow" if (share or 0) >= BUSY_PERCENT else "green"
    return f"{name} [{_in(color, '█' * filled, look)}{'░' * (_BAR - filled)}] {told}"


def _heat(card: Card, look: Look) -> str:
    if card.temperature_c is None:
        return ""
    memory = f" (memory {card.memory_temperature_c} °C)" if card.memory_temperature_c is not None else ""
    told = f"{card.temperature_c} °C{memory}"
    slow = card.temperature_slowdown_c or HOT_C + 5
    color = "red" if card.temperature_c >= slow - 5 else "yellow" if card.temperature_c >= WARM_C else ""
    return _in(color, told, look) if color else told


def _power(card: Card) -> str:
    if card.power_w is None:
        return ""
    return f"{card.power_w:.0f} W" + (
        f" of {card.power_limit_w:.0f} W" if card.power_limit_w is not None else ""
    )


def _fan(card: Card) -> str:
    return f"fan {card.fan_percent} %" if card.fan_percent is not None else ""


def _state(card: Card) -> str:
    return f"P{card.performance_state}" if card.performance_state is not None else ""


def _mig(card: Card) -> str:
    return (
        f"MIG: {', '.join(each.profile for each in card.mig_instances) or 'no part'}"
        if card.mig_enabled
        else ""
    )


def _name_of(uuid: str, cards: Sequence[Card]) -> str:
    return next((f"card {card.index} ({card.name}): " for card in cards if uuid and card.uuid == uuid), "")


def _joined(*parts: str) -> str:
    return "   ".join(part for part in parts if part)


def _in(color: str, told: str, look: Look) -> str:
    return f"\x1b[{_COLORS[color]}m{told}\x1b[0m" if look.pictured and told else told


def _cut(line: str, look: Look) -> str:
    """No wider than the terminal; plain lines are whole. What colours a line takes no column."""
    if not look.pictured:
        return line
    kept, columns, rest = "", 0, line
    while rest and columns < look.columns:
        if rest.startswith("\x1b["):
            end = rest.index("m") + 1
            kept, rest = kept + rest[:end], rest[end:]
        else:
            kept, columns, rest = kept + rest[0], columns + 1, rest[1:]
    return kept + ("\x1b[0m" if rest else "")
