"""Prometheus' text format, version 0.0.4. Pure; knows no cards.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

GAUGE, COUNTER = "gauge", "counter"

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Sample:
    """One value with its labels."""

    value: float
    labels: Labels


@dataclass(frozen=True)
class Family:
    """One metric: its samples differ in their labels."""

    name: str
    kind: str
    """GAUGE or COUNTER."""
    help: str
    samples: tuple[Sample, ...]


def rendered(families: Iterable[Family]) -> str:
    """The whole answer. A metric without samples is left out."""
    return "".join(_lines(family) for family in families if family.samples)


def _lines(family: Family) -> str:
    head = f"# HELP {family.name} {_escaped(family.help)}\n# TYPE {family.name} {family.kind}\n"
    return head + "".join(
        f"{family.name}{_labels(one.labels)} {_number(one.value)}\n" for one in family.samples
    )


def _labels(labels: Labels) -> str:
    told = ",".join(f'{name}="{_quoted(value)}"' for name, value in labels.items())
    return f"{{{told}}}" if told else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')


def _number(value: float) -> str:
    """Whole numbers without a point, the others with all digits that a double has."""
    return str(int(value)) if value == int(value) else repr(float(value))
