"""What the hosts of a cluster did together, as rows for the page. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.models import WorkloadRun


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """Two hosts that added up with each other, in words."""

    hosts: str
    speed: str
    least: str
    latency: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossHosts:
    """A training on all hosts, and the sums between every pair of them."""

    lines: tuple[str, ...]
    pairs: tuple[PairRow, ...]
    """The slowest first."""

    def __bool__(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.lines or self.pairs)


def told_across(runs: Sequence[WorkloadRun]) -> AcrossHosts:
    """From the joint runs among these; empty where there are none."""
    rows = [
        row for run in runs for row in run.tables.get("pairs", ()) if {"host", "other_host"} <= row.keys()
    ]
    rows.sort(key=lambda row: _number(row, "bus_gb_per_s", math.inf))
    return AcrossHosts(
        lines=tuple(line for run in runs for line in _lines(run)), pairs=tuple(map(_pair, rows))
    )


def _lines(run: WorkloadRun) -> Iterator[str]:
    figures = run.metrics
    if "efficiency" in figures:
        yield (
            f"{figures.get('images_per_s', 0):,.0f} images/s together, {figures.get('images_per_s_alone', 0):,.0f} of the same hosts "
            f"each by itself: efficiency {figures['efficiency']:.2f}"
        )
        digests = {str(row.get("weights_sha256")) for row in run.tables.get("tasks", ())}
        yield f"weights by SHA-256 on {len(run.tables.get('tasks', ()))} hosts: {', '.join(sorted(digests)) or 'not told'}"
        if figures.get("resumed_from_step"):
            yield f"resumed from the checkpoint of step {figures['resumed_from_step']:g}"
    if "all_bus_gb_per_s" in figures:
        yield f"all hosts at once add up at {figures['all_bus_gb_per_s']:.3g} GB/s"


def _pair(row: Mapping[str, object]) -> PairRow:
    rate = f", {row['link_gbit_s']:g} Gbit/s" if isinstance(row.get("link_gbit_s"), int | float) else ""
    return PairRow(
        hosts=f"{row['host']} and {row['other_host']}",
        speed=_figure(row, "bus_gb_per_s"),
        least=_figure(row, "least_gb_per_s", otherwise="not known"),
        latency=_figure(row, "latency_us"),
        link=f"{row.get('transport') or 'unknown'} over {row.get('link') or 'unknown'}{rate}",
    )


def _figure(row: Mapping[str, object], name: str, otherwise: str = "-") -> str:
    value = _number(row, name, math.nan)
    if not math.isfinite(value):
        return otherwise
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _number(row: Mapping[str, object], name: str, otherwise: float) -> float:
    value = row.get(name)
    return float(value) if isinstance(value, int | float) else otherwise
