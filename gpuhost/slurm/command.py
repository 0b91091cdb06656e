"""What Slurm has a host do before jobs, after them and meanwhile, as role `slurm` configures it. As root.

    gpuhost slurm health     drain this host where its cards or its certificate have failed, and take it back when that is over
    gpuhost slurm prolog     before a job: its cards are sound and nobody is on them
    gpuhost slurm epilog     after a job: nothing of it is left on its cards
    gpuhost slurm layouts    before slurmd starts: cards that are declared to be cut up are
    gpuhost slurm names      the names of the cluster's hosts in /etc/hosts

A drain of somebody else is never changed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from os import environ
from pathlib import Path

from gpuhost.recheck import standing
from gpuhost.slurm import job, layouts, names
from gpuhost.slurm.judgement import reasons, step
from gpuhost.slurm.place import Place, read
from gpuhost.slurm.scontrol import FAILED, change, look
from gpuhost.telemetry import read as telemetry


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="gpuhost slurm", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["health", "prolog", "epilog", "layouts", "names", "forget-names"])
    what = parser.parse_args(arguments).what
    if what == "forget-names":
        return names.write({})
    if what == "layouts":
        return layouts.bring_about()
    place = read()
    if place is None:
        sys.stderr.write(
            "gpuhost slurm: this host is in no cluster: there is no /etc/orchestrate/slurm.json\n"
            "  try: apply role slurm\n"
        )
        return 2
    return _done(what, place, environ)


def _done(what: str, place: Place, variables: Mapping[str, str]) -> int:
    try:
        if what == "names":
            return names.write(place.hosts)
        if what == "health":
            return health(place)
        return job.before(place, variables) if what == "prolog" else job.after(place, variables)
    except FAILED as error:
        sys.stderr.write(f"gpuhost slurm {what}: {error}\n")
        # A prolog that fails drains the host: only what it found is a reason for that.
        return 0


def health(place: Place) -> int:
    """Look at this host, and tell Slurm. Raises OSError or SubprocessError."""
    if not place.is_compute:
        return 0
    snapshot = telemetry.now()
    found = reasons(snapshot, place.gpus, standing.read(standing.FOLDER))
    host = look(place.name)
    state, reason = step(host, found, lambda pid: Path(f"/proc/{pid}").exists())
    if state:
        change(place.name, state, reason)
    sys.stdout.write(f"{reason or state or ('; '.join(found) if found else 'sound')}\n")
    return 0
