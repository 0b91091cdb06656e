"""gpus: who and what is on the GPUs of all hosts, over the SSH that is there."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.options import config_option, json_option, password_options
from orchestrator.errors import ExitCode

if TYPE_CHECKING:
    from orchestrator.cli.telemetry.hosts import Target
    from orchestrator.telemetry.values import Gpu, GpuProcess, HostGpus

WATCH_S = 2.0
GIB = 2**30


@click.command()
@config_option
@json_option
@click.option("--watch", is_flag=True, help="Each two seconds anew, until Ctrl-C.")
@click.option(
    "--reap", is_flag=True, help="Explain memory that is held for nothing, ask, and have it given back."
)
@click.option("--yes", is_flag=True, help="With --reap: do not ask.")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@password_options
def gpus(
    *, config: Path | None, as_json: bool, watch: bool, reap: bool, yes: bool, names: tuple[str, ...]
) -> int:
    """Show what the GPUs of hosts do, and whose processes are on them.

    NAME is a fleet, all of whose hosts are asked, or a host; without one it is the fleet of the configuration. A host that is down is shown as
    down; then the exit code says so.
    """
    from orchestrator.cli.telemetry.hosts import targets
    from orchestrator.waiting import each_so_often

    found = targets(config, names)
    try:
        if reap:
            from orchestrator.cli.jobs.reap import reap_hosts

            return reap_hosts(tuple((target.asked.host.name, target.shell) for target in found), yes=yes)
        for _ in each_so_often(WATCH_S) if watch else (0,):
            asked = _asked(found)
            if as_json:
                click.echo(json.dumps({"hosts": [_document(host) for host in asked]}))
                continue
            if watch and sys.stdout.isatty():
                click.clear()
            for host in asked:
                for line in lines(host):
                    click.echo(line)
    finally:
        for target in found:
            target.close()
    from orchestrator.telemetry.values import Reach

    return ExitCode.UNREACHABLE if any(host.reach is Reach.DOWN for host in asked) else ExitCode.OK


def lines(host: "HostGpus") -> Iterator[str]:
    """One host for people."""
    from orchestrator.telemetry.values import Reach

    if host.reach is not Reach.ANSWERED:
        yield f"{click.style(host.host, bold=True)}  {click.style(host.reach, fg='red')}: {host.why}"
        if host.hint:
            yield f"  try: {host.hint}"
        return
    said = f"{host.state}: {host.why}" if host.state != "ok" else f"driver {host.driver}"
    fine = host.state in {"ok", "no card"}
    yield f"{click.style(host.host, bold=True)}  {said if fine else click.style(said, fg='red')}"
    for gpu in host.gpus:
        yield _gpu_line(gpu)
        yield from (f"       {_process_line(each)}" for each in gpu.processes)
    cards = {gpu.uuid: f"GPU {gpu.index}: " for gpu in host.gpus}
    for advice in host.advice:
        color = "red" if advice.severity == "problem" else "yellow"
        about = cards.get(advice.about, "")
        yield click.style(f"  {advice.severity}: {about}{advice.seen}", fg=color)
        yield f"    try: {advice.action}"


def _gpu_line(gpu: "Gpu") -> str:
    name = f"  {gpu.index}  {gpu.name or gpu.uuid or 'unknown card'}"
    if gpu.state != "ok":
        return f"{name}  {click.style(f'{gpu.state}: {gpu.error}', fg='red')}"
    parts = [
        f"{_known(gpu.utilization_percent)} %",
        f"{_gib(gpu.memory_used_bytes)} of {_gib(gpu.memory_total_bytes)} GiB",
        f"{gpu.temperature_c} °C" if gpu.temperature_c is not None else "",
        _power(gpu),
        f"held back: {', '.join(gpu.throttle_reasons)}" if gpu.throttle_reasons else "",
    ]
    return "  ".join([name, *(part for part in parts if part)])


def _process_line(process: "GpuProcess") -> str:
    stuck = " (in the kernel, cannot be ended)" if process.state == "D" else ""
    parts = [
        f"{process.user or '?'}: {process.command or '?'}{stuck}",
        f"{_gib(process.memory_bytes)} GiB",
        f"pid {process.pid}",
        process.unit,
    ]
    return "  ".join(part for part in parts if part)


def _asked(found: "tuple[Target, ...]") -> "tuple[HostGpus, ...]":
    from orchestrator.telemetry.asking import read_gpus
    from orchestrator.waiting import for_each

    return for_each(found, lambda target: read_gpus(target.asked, target.shell))


def _document(host: "HostGpus") -> dict[str, object]:
    return {
        "host": host.host,
        "fleet": host.fleet,
        "reach": host.reach,
        "why": host.why,
        "try": host.hint,
        "snapshot": json.loads(host.document) if host.document else None,
    }


def _known(value: int | None) -> str:
    return "?" if value is None else str(value)


def _gib(count: int | None) -> str:
    return "?" if count is None else f"{count / GIB:.1f}"


def _power(gpu: "Gpu") -> str:
    if gpu.power_w is None:
        return ""
    return f"{gpu.power_w:.0f} W" + (f" of {gpu.power_limit_w:.0f} W" if gpu.power_limit_w else "")
