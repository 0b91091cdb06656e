"""What this host's cards say, for Prometheus.

gpuhost exporter print           what a scrape answers, once
gpuhost exporter serve CONFIG    what role `gpu_exporter` has systemd run
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from gpuhost.exporter.collect import LEASES, Exporter
from gpuhost.exporter.server import Place, RefusedError, ready, server
from gpuhost.files import text
from gpuhost.telemetry import read

CERTIFICATE, KEY, PASSWORD = "certificate.pem", "key.pem", "password"
"""In the folder that the settings name; without one there is no TLS."""


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="gpuhost exporter", description="What this host's cards say, for Prometheus."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("print", help="what a scrape answers, once")
    commands.add_parser("serve", help="answer scrapes").add_argument("config", type=Path)
    for each in commands.choices.values():
        each.add_argument("--snapshot", type=Path, default=read.FILE, help="the daemon's file")
        each.add_argument("--leases", type=Path, default=LEASES, help="the file of the queue")
    given = parser.parse_args(arguments)
    exporter = Exporter(given.snapshot, given.leases)
    if given.command == "print":
        sys.stdout.write(exporter.answer())
        return 0
    try:
        listening = server(configured(given.config), exporter.answer)
    except (RefusedError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ready()
    try:
        listening.serve_forever()
    except KeyboardInterrupt:
        return 130
    return 0


def configured(config: Path) -> Place:
    """Where it listens, by the file that role `gpu_exporter` writes. Raises RefusedError."""
    try:
        told = json.loads(config.read_text())
        address, port, secrets = str(told["address"]), int(told["port"]), str(told["secrets"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise RefusedError(
            f"{config} cannot be read: {error}\n  try: apply role gpu_exporter again"
        ) from error
    if not secrets:
        return Place(address, port)
    folder = Path(secrets)
    return Place(address, port, folder / CERTIFICATE, folder / KEY, text(folder / PASSWORD))
