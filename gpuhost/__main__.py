"""The one program of a host, `gpuhost`: each subcommand is a package beside this file, and only that is imported.

A link to the program that LINKS names is the same as the subcommand.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

LINKS = {"orchestrate-certificate": "certificate", "orchestrate-lifetime": "lifetime", "withgpu": "run"}

COMMANDS = {
    "probe": ("gpuhost.probe", "say what this host is, as JSON"),
    "state": ("gpuhost.state", "say what stands on this host, as digests that change with it"),
    "first-contact": ("gpuhost.first_contact", "hear of the first boot, and replace the host key"),
    "page": ("gpuhost.page.render", "the page that shows what this host is and how it does"),
    "certificate": ("gpuhost.certificate.command", "the certificate that NGINX serves, and its renewal"),
    "lifetime": ("gpuhost.lifetime.command", "when and why this host ends itself"),
    "recheck": ("gpuhost.recheck.command", "whether the certificate that this host trains still holds"),
    "telemetry": ("gpuhost.telemetry.daemon", "look at the GPUs each second; a service runs this"),
    "gpus": ("gpuhost.telemetry.command", "who and what is on this host's GPUs"),
    "exporter": ("gpuhost.exporter.command", "what this host's cards say, for Prometheus"),
    "usage": (
        "gpuhost.telemetry.usage.command",
        "who used this host's GPUs, for how long and with how much energy",
    ),
    "guard": ("gpuhost.guard.command", "bring a driver that was exchanged while it was loaded into use"),
    "run": ("gpuhost.leases.client.run", "run a command with a lease of GPUs, and follow it"),
    "jobs": ("gpuhost.leases.client.listing", "the jobs of this host"),
    "logs": ("gpuhost.leases.client.logs", "what a job printed"),
    "cancel": ("gpuhost.leases.client.cancel", "end jobs and reservations"),
    "elastic": ("gpuhost.elastic.command", "start and stop rented hosts as the jobs of a cluster need them"),
    "reap": ("gpuhost.leases.reap", "GPU memory that is held for nothing: find, explain, end"),
    "leases": ("gpuhost.leases.command", "who has which GPU, and who waits"),
    "slurm": ("gpuhost.slurm.command", "what Slurm has this host do before jobs, after them and meanwhile"),
    "desktop": ("gpuhost.desktop", "what a user's display needs before its X server runs, and after"),
    "notebooks": ("gpuhost.notebooks", "a user's Jupyter server or TensorBoard, with Jupyter's Python"),
}
"""Subcommand -> the module whose `main` takes its arguments, and what it does."""


def main() -> int:
    """Run the command line; return its exit code."""
    called, *arguments = sys.argv
    link = LINKS.get(Path(called).name)
    if link:
        return run(link, arguments)
    if arguments and arguments[0] in COMMANDS:
        return run(arguments[0], arguments[1:])
    asked = arguments in (["-h"], ["--help"])
    lines = (f"  {name:15}{says}\n" for name, (_module, says) in COMMANDS.items())
    (sys.stdout if asked else sys.stderr).write(f"usage: gpuhost COMMAND …\n\n{''.join(lines)}")
    return 0 if asked else 2


def run(command: str, arguments: Sequence[str]) -> int:
    """Run one subcommand."""
    return int(import_module(COMMANDS[command][0]).main(arguments))


if __name__ == "__main__":
    sys.exit(main())
