"""Kinds of fault and healthy hosts, as data: each a small change of an honest set of runs. Judges nothing.

A change names its place from the workload on (`*`: every run): keys, indices and `*` with points between. What is put there is a value,
or one of `{times: 0.5}`, `{remove: true}`, `{append: [...]}`.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from orchestrator.models import WorkloadRun
from tests.unit.stages.proofs import request, run

FOLDER = Path(__file__).parent
_RUN = TypeAdapter(WorkloadRun)
_BASE = {"CPU": ("smoke", "fashion_mnist"), "GPU": ("smoke", "fashion_mnist", "gpu_burn")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One of them."""

    name: str
    device: str
    """`CPU` or `GPU`: what computes in the honest set."""
    change: dict[str, Any] = field(default_factory=dict)
    cards: int = 1
    beside: tuple[str, ...] = ()
    """Workloads that are planned on top."""
    verdict: str = "PASS"
    reason: str = ""
    """Words of the plain reason."""
    action: str = ""
    """Words of what to do."""


@cache
def cases(file: str) -> dict[str, Case]:
    """By name."""
    document = yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))
    return {
        name: Case(name=name, **{**given, "beside": tuple(given.get("beside", ()))})
        for name, given in document.items()
    }


def honest(case: Case) -> tuple[WorkloadRun, ...]:
    """The set before the change."""
    names = (*_BASE[case.device], *case.beside)
    return tuple(run(asked=request(name), device=case.device, cards=case.cards) for name in names)


def changed(case: Case) -> tuple[WorkloadRun, ...]:
    """The set with the change."""
    documents = {each.request.workload: _RUN.dump_python(each, mode="json") for each in honest(case)}
    for place, value in case.change.items():
        workload, *path = place.split(".")
        for name in documents if workload == "*" else (workload,):
            _put(documents[name], path, value)
    return tuple(_RUN.validate_python(document) for document in documents.values())


def _put(there: Any, path: list[str], value: Any) -> None:
    key, *rest = path
    if there is None:
        return
    keys: list[Any] = (
        list(range(len(there)) if isinstance(there, list) else there)
        if key == "*"
        else [int(key) if isinstance(there, list) else key]
    )
    for each in reversed(keys):
        if rest:
            _put(there[each], rest, value)
        elif value == {"remove": True}:
            del there[each]
        else:
            there[each] = _new(there[each] if isinstance(there, list) or each in there else None, value)


def _new(old: Any, value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"times"}:
        return old * value["times"] if isinstance(old, int | float) else old
    if isinstance(value, dict) and set(value) == {"append"}:
        return [*old, *value["append"]]
    return value
