"""The rows of a bench: what a workload measured, beside what it costs. Pure."""

from collections.abc import Mapping
from typing import cast

from orchestrator.jobs.schema import Result
from orchestrator.models import Host
from orchestrator.stages.bench.values import Bench, BenchRow, Figure

TABLE = "configurations"
EPOCH_IMAGES = {"cifar10": 50_000, "fashion_mnist": 60_000}
"""Training images of the data set as it was published: what a pass over it costs can be compared, however many were measured."""
_SECONDS = 3600


def rows_of(fleet: str, host: Host, result: Result, usd_per_hour: float | None) -> tuple[BenchRow, ...]:
    """One row per configuration, or a single one for a workload that measures only itself.

    Args:
        fleet: the host's.
        host: where it ran.
        result: what it brought back.
        usd_per_hour: of the host; None where nobody knows it, 0.0 for what costs nothing.
    """
    images = EPOCH_IMAGES.get(result.workload)
    measured = result.tables.get(TABLE) or (_own_figures(result),)
    return tuple(
        BenchRow(
            fleet=fleet,
            host=host.name,
            machine=host.instance_type or host.distribution,
            usd_per_hour=usd_per_hour,
            figures=figures,
            usd_per_epoch=_cost(usd_per_hour, _epoch_s(figures, images)),
            usd_to_accuracy=_cost(usd_per_hour, number(figures, "seconds_to_accuracy")),
        )
        for figures in measured
    )


def number(figures: Mapping[str, Figure], name: str) -> float | None:
    """A figure that can be counted with; None where it is none, or zero: no speed is a speed of nothing."""
    value = figures.get(name)
    return float(value) if isinstance(value, int | float) and value > 0 else None


def fastest(rows: tuple[BenchRow, ...]) -> BenchRow | None:
    """The row with the most images per second."""
    return max(
        (row for row in rows if number(row.figures, "images_per_s")),
        key=lambda row: cast("float", row.figures["images_per_s"]),
        default=None,
    )


def cheapest(rows: tuple[BenchRow, ...]) -> BenchRow | None:
    """The row with the lowest price of a pass; None where nothing has a price."""
    priced = [row for row in rows if row.usd_per_epoch]
    return min(priced, key=lambda row: row.usd_per_epoch or 0.0) if priced else None


def statement(bench: Bench) -> str:
    """What the table comes to, in a sentence or two."""
    best = fastest(bench.rows)
    if best is None:
        return "Nothing was measured"
    said = [f"{label(bench, best)} is fastest: {best.figures['images_per_s']:,.0f} images/s"]
    worth = [(number(row.figures, "cpus_worth"), row) for row in bench.rows]
    known = [(value, row) for value, row in worth if value]
    if known:
        value, row = max(known, key=lambda pair: pair[0])
        said.append(f"a GPU of {row.host} is worth {value:,.1f} of its CPU threads")
    elif bench.rows and any(row.figures.get("threads") for row in bench.rows):
        said.append("no GPU computed, so nothing is said of what one is worth")
    cheap = cheapest(bench.rows)
    if cheap:
        said.append(f"{label(bench, cheap)} is cheapest: ${cheap.usd_per_epoch:,.4f} a pass over the data")
    return "; ".join(said)


def label(bench: Bench, row: BenchRow) -> str:
    """A row's name, with its host where there are several."""
    several = len({each.host for each in bench.rows}) > 1
    name = str(row.figures.get("name") or row.figures.get("devices") or bench.request.workload)
    return f"{name} on {row.host}" if several else name


def _own_figures(result: Result) -> dict[str, Figure]:
    """Of a workload without a table: its name and metrics."""
    return {
        "name": result.device.used or "unknown device",
        "images_per_s": result.metrics.get("images_per_s"),
        "accuracy": result.metrics.get("test_accuracy"),
    }


def _epoch_s(figures: Mapping[str, Figure], images: int | None) -> float | None:
    speed = number(figures, "images_per_s")
    return images / speed if speed and images else None


def _cost(usd_per_hour: float | None, seconds: float | None) -> float | None:
    return usd_per_hour * seconds / _SECONDS if usd_per_hour is not None and seconds else None
