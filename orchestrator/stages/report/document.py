"""The record as JSON, for programs. Keys are stable within one schema number; new ones may be added. Pure."""

import dataclasses
import json
import math
from datetime import datetime

from orchestrator.sanitize import sanitized
from orchestrator.stages.report.record import RunRecord
from orchestrator.stages.report.variables import without_secrets

SCHEMA = 1
"""Raised when a key is renamed, removed or changes its meaning."""

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


def render_json(record: RunRecord) -> str:
    """The whole record, secrets masked; a number that JSON cannot hold (NaN, infinity) is null."""
    plan = dataclasses.replace(record.plan, role_vars=without_secrets(record.plan.role_vars))
    document: dict[str, object] = {
        "schema": SCHEMA,
        "generated_at": record.generated_at,
        "orchestrate_version": record.orchestrate_version,
        "seconds": round(record.seconds, 3),
        "certificate": record.certificate,
        "plan": plan,
        "hosts": record.hosts,
        "converge": record.converge,
        "runs": record.runs,
        "phases": record.phases,
        "standings": record.standings,
    }
    return json.dumps(_plain(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: object) -> Plain:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {sanitized(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | str):
        return sanitized(value if isinstance(value, str) else value.isoformat())
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no place in report.json")
