"""Who has which GPU of a host, who waits, and what is reserved: `gpuhost leases`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from gpuhost.leases.client.connection import AskError, everything
from gpuhost.leases.client.listing import table
from gpuhost.leases.policy.words import clock


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="gpuhost leases", description="Who has which GPU, and who waits.")
    parser.add_argument("--json", action="store_true", help="as JSON")
    given = parser.parse_args(arguments)
    try:
        told = everything()
    except AskError as error:
        sys.stderr.write(f"gpuhost leases: {error}\n")
        return 2
    sys.stdout.write(json.dumps(told) + "\n" if given.json else in_words(told, time.time()))
    return 0


def in_words(told: dict[str, Any], now: float) -> str:
    """Devices with who has them, then who waits and what is reserved, then what is to be known."""
    rows: list[tuple[str, ...]] = [("DEVICE", "KIND", "IN USE BY")]
    for device in told["devices"]:
        has = [
            f"job {job['id']} of {job['user']} until {clock(job['ends_at'], now)}"
            f"{' ({:.0%})'.format(job['fraction']) if job['fraction'] else ''}"
            for job in told["jobs"]
            if device["id"] in job["devices"] and job["state"] in ("starting", "running")
        ]
        rows.append(
            (device["label"], device["kind"], "; ".join([*has, device["blocked"]]).strip("; ") or "free")
        )
    waiting = [
        f"job {job['id']} of {job['user']} waits: {job['why'] or 'for its turn'}"
        for job in told["jobs"]
        if job["state"] == "waiting"
    ]
    kept = [
        f"reservation {each['id']}: {each['gpus']} for {each['user']} from {clock(each['starts_at'], now)}"
        f" to {clock(each['ends_at'], now)}"
        for each in told["reservations"]
    ]
    devices = table(rows) if told["devices"] else "this host has no GPU\n"
    statement = told["enforcement"]["statement"] if told["devices"] else ""
    return devices + "".join(f"{line}\n" for line in (*waiting, *kept, statement) if line)
