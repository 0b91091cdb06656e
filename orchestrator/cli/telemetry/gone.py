"""Ask hosts that are about to be taken away for their accounts, so that `usage` knows of them afterwards."""

from contextlib import suppress
from typing import TYPE_CHECKING

from orchestrator.cli.context import journal_of
from orchestrator.cli.telemetry.hosts import Target, targets_of
from orchestrator.journal import state_dir
from orchestrator.waiting import for_each

if TYPE_CHECKING:
    from orchestrator.config import FleetSpec

_ROLE = "gpu_telemetry"
"""What keeps the account on a host."""


def keep_usage(spec: "FleetSpec") -> None:
    """Ask the hosts that are about to go who used their GPUs, and keep it. A host that does not answer holds nothing up, and leaves
    no account; one of an inventory stays, with its own."""
    if spec.cloud == "onprem":
        return
    from orchestrator.models import Plan

    # Whatever goes wrong here, a fault of ours too: hosts that cost money are taken away nonetheless.
    with suppress(Exception):
        planned = journal_of(spec).load("plan", Plan)
        if planned is not None and _ROLE in planned.roles:
            for_each(targets_of(spec), _keep)


def _keep(target: Target) -> None:
    from orchestrator.telemetry.asking import read_usage
    from orchestrator.telemetry.record import keep

    try:
        keep(state_dir(), target.asked.host, read_usage(target.asked, target.shell))
    finally:
        target.close()
