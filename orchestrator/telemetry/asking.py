"""Ask hosts for their GPUs and for who used them. Whatever a host says, there is an answer: none breaks the others off."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from orchestrator.errors import OrchestrateError
from orchestrator.models import Host, HostState
from orchestrator.remote import Shell
from orchestrator.sanitize import sanitized_json, sanitized_line
from orchestrator.telemetry.values import Gpu, GpuAdvice, GpuProcess, HostGpus, HostUse, Reach, Use

PROGRAM = "/usr/local/lib/orchestrate/gpuhost"
GPUS, USAGE = (PROGRAM, "gpus", "--json"), (PROGRAM, "usage", "--json")
_MOST = {"cards": 64, "processes": 1000, "advice": 100, "uses": 100_000}
"""Of a host; what is more is no answer of ours."""
_LARGEST = 2**63

Answer = TypeVar("Answer", HostGpus, HostUse)
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A host that is asked."""

    host: Host
    typed_up: str
    """What the user types to apply the roles to its fleet."""


def read_gpus(asked: Asked, open_shell: Callable[[], Shell]) -> HostGpus:
    """The host's GPUs; a host that is down says so."""
    nothing = HostGpus(host=asked.host.name, fleet=asked.host.fleet, reach=Reach.DOWN)
    return _read(asked, open_shell, GPUS, nothing, lambda said: parse_gpus(nothing, said))


def read_usage(asked: Asked, open_shell: Callable[[], Shell]) -> HostUse:
    """What the host has on record of its users."""
    nothing = HostUse(host=asked.host.name, fleet=asked.host.fleet, reach=Reach.DOWN)
    price = asked.host.price_usd_per_hour or None
    return _read(asked, open_shell, USAGE, nothing, lambda said: parse_usage(nothing, said, price))


def _read(
    asked: Asked,
    open_shell: Callable[[], Shell],
    argv: tuple[str, ...],
    nothing: Answer,
    parse: Callable[[Any], Answer],
) -> Answer:
    if asked.host.state is not HostState.RUNNING:
        return replace(nothing, why=f"it is {asked.host.state}", hint=asked.typed_up)
    try:
        answer = open_shell().run(argv)
    except OrchestrateError as error:
        return replace(nothing, why=sanitized_line(error.cause, limit=300), hint=error.hint)
    if answer.exit_code != 0:
        said = sanitized_line(answer.stderr, limit=200) or f"exit code {answer.exit_code}"
        return replace(nothing, reach=Reach.WITHOUT_PROGRAM, why=said, hint=asked.typed_up)
    try:
        return parse(sanitized_json(answer.stdout))
    except _UNREADABLE:
        unreadable = "it says what cannot be read; its program may be another version"
        return replace(nothing, reach=Reach.WITHOUT_PROGRAM, why=unreadable, hint=asked.typed_up)


def parse_gpus(nothing: HostGpus, said: Mapping[str, Any]) -> HostGpus:
    """Raises ValueError, KeyError, TypeError, AttributeError or OverflowError where it is not what `gpuhost gpus` says."""
    return replace(
        nothing,
        reach=Reach.ANSWERED,
        state=_word(said["state"]),
        why=_line(said["why"]),
        driver=_word(said["driver"]),
        gpus=tuple(_gpu(card) for card in _listed(said, "cards")),
        advice=tuple(_advice(each) for each in _listed(said, "advice")),
        document=json.dumps(said),
    )


def parse_usage(nothing: HostUse, said: Mapping[str, Any], usd_per_hour: float | None) -> HostUse:
    """Raises as `parse_gpus` where it is not what `gpuhost usage` says."""
    rows = _listed(said, "uses")
    cards = len({_word(row["card"]) for row in rows})
    uses = tuple(_use(nothing, row, usd_per_hour and usd_per_hour / cards) for row in rows)
    return replace(nothing, reach=Reach.ANSWERED, uses=uses)


def _gpu(card: Mapping[str, Any]) -> Gpu:
    reasons = card["throttle_reasons"]
    return Gpu(
        index=_whole(card["index"]) or 0,
        uuid=_word(card["uuid"]),
        name=_word(card["name"]),
        state=_word(card["state"]),
        error=_line(card["error"]),
        utilization_percent=_whole(card["utilization_percent"]),
        memory_used_bytes=_whole(card["memory_used_bytes"]),
        memory_total_bytes=_whole(card["memory_total_bytes"]),
        temperature_c=_whole(card["temperature_c"]),
        power_w=_number(card["power_w"]),
        power_limit_w=_number(card["power_limit_w"]),
        throttle_reasons=None if reasons is None else tuple(_word(each) for each in reasons[:20]),
        processes=tuple(_process(each) for each in _listed(card, "processes")),
    )


def _process(said: Mapping[str, Any]) -> GpuProcess:
    return GpuProcess(
        pid=_whole(said["pid"]) or 0,
        user=_word(said["user"]),
        command=_line(said["command"]),
        memory_bytes=_whole(said["memory_bytes"]),
        unit=_word(said["unit"]),
        state=_word(said["state"]),
    )


def _advice(said: Mapping[str, Any]) -> GpuAdvice:
    return GpuAdvice(
        about=_word(said["about"]),
        severity=_word(said["severity"]),
        seen=_line(said["seen"]),
        action=_line(said["action"]),
    )


def _use(of: HostUse, said: Mapping[str, Any], usd_per_gpu_hour: float | None) -> Use:
    held = _number(said["held_s"]) or 0.0
    return Use(
        fleet=of.fleet,
        host=of.host,
        month=_word(said["month"]),
        user=_word(said["user"]),
        job=_word(said["job"]),
        card=_word(said["card"]),
        name=_word(said["name"]),
        held_s=held,
        busy_s=_number(said["busy_s"]) or 0.0,
        joules=_number(said["joules"]) or 0.0,
        usd=None if usd_per_gpu_hour is None else held / 3600 * usd_per_gpu_hour,
    )


def _listed(said: Mapping[str, Any], name: str) -> list[Any]:
    found = said[name]
    if not isinstance(found, list) or len(found) > _MOST[name]:
        raise TypeError(f"no list of {name}")
    return found


def _word(said: object) -> str:
    if not isinstance(said, str):
        raise TypeError("no text")
    return sanitized_line(said, limit=200)


def _line(said: object) -> str:
    if not isinstance(said, str):
        raise TypeError("no text")
    return sanitized_line(said, limit=500)


def _whole(said: object) -> int | None:
    if said is None:
        return None
    if isinstance(said, bool) or not isinstance(said, int) or not 0 <= said < _LARGEST:
        raise ValueError("no count")
    return said


def _number(said: object) -> float | None:
    if said is None:
        return None
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 <= said < _LARGEST:
        raise ValueError("no amount")
    return float(said)
