"""The table of what loads, as a file of the catalog. Knows its form, not how a row is found."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import fields
from enum import StrEnum

from orchestrator.catalog.frameworks.loading import LibraryOrigin, TensorFlowLoading
from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.names import version
from orchestrator.models import Confidence
from tools.tensorflow_loading.trial import Trial


def rows(release: FrameworkRelease, trials: Mapping[str, Trial], day: str) -> tuple[TensorFlowLoading, ...]:
    """A row for each outcome of a release, with the Pythons for which it came out so."""
    groups: dict[Trial, list[str]] = {}
    for python, trial in trials.items():
        groups.setdefault(trial, []).append(python)
    return tuple(
        TensorFlowLoading(
            tensorflow=release.release,
            pythons=tuple(sorted(pythons, key=version)),
            libraries=LibraryOrigin.WHEELS if release.pins else LibraryOrigin.SYSTEM,
            outcome=trial.outcome,
            asked=trial.asked,
            missing=trial.missing,
            left=trial.left,
            links=trial.links,
            source=f"its own loader, asked by tools/tensorflow_loading on {day}",
            confidence=Confidence.HIGH,
        )
        for trial, pythons in groups.items()
    )


def merged(
    before: Iterable[TensorFlowLoading], found: Iterable[TensorFlowLoading]
) -> tuple[TensorFlowLoading, ...]:
    """All rows in order; what was found now replaces what is known of the same release."""
    fresh = tuple(found)
    named = {row.tensorflow for row in fresh}
    kept = (row for row in before if row.tensorflow not in named)
    return tuple(sorted((*kept, *fresh), key=lambda row: (version(row.tensorflow), version(row.pythons[0]))))


def text(table: Iterable[TensorFlowLoading]) -> str:
    """The file."""
    columns = [field.name for field in fields(TensorFlowLoading)]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(getattr(row, column)) for column in columns] for row in table)
    return file.getvalue()


def _cell(value: tuple[str, ...] | StrEnum | str) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value)
