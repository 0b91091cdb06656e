"""Hosts from here: running programs on them, and knowing them by their keys. The only package that imports fabric and paramiko."""

from orchestrator.remote.host_keys import fingerprint, on_record, put_on_record, shown_host_key
from orchestrator.remote.local import Completed
from orchestrator.remote.memory import OLDEST_PYTHON, run_from_memory
from orchestrator.remote.shell import Shell
from orchestrator.remote.shells import shell_of

__all__ = [
    "OLDEST_PYTHON",
    "Completed",
    "Shell",
    "fingerprint",
    "on_record",
    "put_on_record",
    "run_from_memory",
    "shell_of",
    "shown_host_key",
]
