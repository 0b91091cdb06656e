"""An EC2 that costs nothing: moto in this process, behind middleware that adds the rules of EC2 that it lacks. Reads no credentials.

`Cloud` answers every service at one address; `open_rehearsal` starts one with hosts, which outlives the command.
What it adds, and where it differs from AWS: docs/rehearsal.md.
"""

from orchestrator.rehearsal.api.request import Call
from orchestrator.rehearsal.cloud import Cloud
from orchestrator.rehearsal.faults import Fault, Kind
from orchestrator.rehearsal.profiles import PROFILES
from orchestrator.rehearsal.session.start import (
    Rehearsal,
    calls_so_far,
    check_faults,
    close_rehearsal_when_empty,
    find_rehearsal,
    open_rehearsal,
)

__all__ = [
    "PROFILES",
    "Call",
    "Cloud",
    "Fault",
    "Kind",
    "Rehearsal",
    "calls_so_far",
    "check_faults",
    "close_rehearsal_when_empty",
    "find_rehearsal",
    "open_rehearsal",
]
