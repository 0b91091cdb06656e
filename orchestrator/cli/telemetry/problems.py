"""What `status` says of GPUs: only what is wrong with them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from orchestrator.models import Host

if TYPE_CHECKING:
    from orchestrator.journal import Journal
    from orchestrator.telemetry.values import HostGpus


def asked_gpus(journal: "Journal", running: tuple[Host, ...], typed_up: str) -> "tuple[HostGpus, ...]":
    """Running hosts' GPUs, all hosts at once; a host that tells nothing is left to the rest of `status`."""
    from contextlib import closing

    from orchestrator.remote import shell_of
    from orchestrator.telemetry.asking import Asked, read_gpus
    from orchestrator.telemetry.values import Reach
    from orchestrator.waiting import for_each

    def ask(host: Host) -> "HostGpus":
        with closing(shell_of(host, key=journal.private_key if host.host_key else None)) as shell:
            return read_gpus(Asked(host=host, typed_up=typed_up), lambda: shell)

    return tuple(each for each in for_each(running, ask) if each.reach is Reach.ANSWERED)


def problem_lines(hosts: "tuple[HostGpus, ...]") -> Iterator[str]:
    """A line for each problem, and what to do."""
    for host in hosts:
        cards = {gpu.uuid: f"GPU {gpu.index} ({gpu.name}): " for gpu in host.gpus}
        for advice in host.advice:
            if advice.severity == "problem":
                yield f"  {host.host}: {cards.get(advice.about, '')}{advice.seen}"
                yield f"    try: {advice.action}"


def print_problems(hosts: "tuple[HostGpus, ...]") -> None:
    """To standard output."""
    for line in problem_lines(hosts):
        click.echo(line)
