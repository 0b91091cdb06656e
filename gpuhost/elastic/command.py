"""Start hosts that a job waits for, stop those that idle; for Slurm, which calls the first two as its own account.

gpuhost elastic resume 'train-[2-3]'     start them, as far as max_hosts and limits let
gpuhost elastic suspend 'train-[2-3]'    stop them, with a receipt each
gpuhost elastic check                    bring Slurm's view of stopped hosts up to date; a timer runs this
gpuhost elastic prepare                  write what slurm.conf includes; the controller's unit runs this before it starts
gpuhost elastic hold --minutes 60        stop none for so long, because somebody works on them; 0 ends it
gpuhost elastic status [--json]          the receipts
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from gpuhost.elastic import settings as configured
from gpuhost.elastic.decide import TOO_MANY, Seen, balanced, starts
from gpuhost.elastic.hold import Hold
from gpuhost.elastic.instances import RUNS, Ec2, RefusedError
from gpuhost.elastic.runs import RunBook, ended_elsewhere, run_of
from gpuhost.elastic.scontrol import OURS, Scontrol
from gpuhost.elastic.settings import SUSPEND_CONF, ElasticHost, Settings
from gpuhost.files import locked, text, write

AGAIN_S = 300.0
"""After a refusal of EC2's a host is not asked for again for so long."""
_FAILURES = (OSError, ValueError, RefusedError, subprocess.SubprocessError)


class Elastic:
    """One call.

    Args:
        settings: what the role says.
        ec2: where the hosts are.
        slurm: who asks for them.
        book: where the receipts are, and what was refused.
        suspend_conf: what slurm.conf includes.
    """

    def __init__(
        self, settings: Settings, ec2: Ec2, slurm: Scontrol, book: RunBook, suspend_conf: Path = SUSPEND_CONF
    ) -> None:
        self._settings = settings
        self._ec2 = ec2
        self._slurm = slurm
        self._book = book
        self._refusals = book.folder / "refused.json"
        idle_s = max(round(settings.idle_minutes * 60), 1)
        self._hold = Hold(book.folder / "hold", suspend_conf, idle_s, slurm.reread)

    def resume(self, expression: str) -> None:
        """Start hosts; of those that are not, Slurm is told why, and requeues what it meant to run there."""
        with locked(self._book.folder):
            seen = self._seen()
            chosen, refused = starts(self._slurm.names(expression), seen)
            refused |= self._start(chosen)
            for host in chosen:
                if host.name not in refused:
                    say(f"{host.name} ({host.instance}) is started")
            for name, why in refused.items():
                say(f"{name} is not started: {why}")
                self._slurm.set_state(name, "down", why)
                self._slurm.set_state(name, "power_down_force")
            self._balance()

    def suspend(self, expression: str) -> None:
        """Stop hosts that run, and write their receipts."""
        with locked(self._book.folder):
            seen, known = self._seen(), self._slurm.hosts()
            hosts = [
                host
                for name in self._slurm.names(expression)
                if (host := self._settings.by_name.get(name)) is not None
                and (one := seen.instances.get(host.instance)) is not None
                and one.state in RUNS
            ]
            if hosts:
                self._ec2.stop(host.instance for host in hosts)
            now = _now()
            for host in hosts:
                said = known[host.name].reason if host.name in known else ""
                why = (
                    TOO_MANY
                    if said == f"{OURS}{TOO_MANY}"
                    else f"idle for {self._settings.idle_minutes:g} minutes"
                )
                self._book.add((run_of(host, seen.instances[host.instance], now, why),))
                say(f"{host.name} ({host.instance}) is stopped: {why}")
            self._balance()

    def check(self) -> None:
        """End a hold that has lapsed, and do what nobody called for: hosts that others stopped, limits, refusals that have lapsed."""
        with locked(self._book.folder):
            if self._hold.lapsed:
                self._hold.end()
            self._balance()

    def prepare(self) -> None:
        """Have the file there that slurm.conf includes."""
        with locked(self._book.folder):
            self._hold.prepare()

    def hold(self, minutes: float) -> None:
        """Stop no host for so long; 0 ends it."""
        with locked(self._book.folder):
            if minutes > 0:
                self._hold.begin(minutes)
                return
            self._hold.end()
            self._balance()

    def _start(self, chosen: tuple[ElasticHost, ...]) -> dict[str, str]:
        """Start hosts in one call, or one by one where EC2 takes not all; why not, by host."""
        try:
            if chosen:
                self._ec2.start(host.instance for host in chosen)
        except RefusedError as error:
            if len(chosen) > 1:
                return {name: why for host in chosen for name, why in self._start((host,)).items()}
            why = f"EC2 does not start it now: {error}"
            refusals = {**self._refused(), chosen[0].name: [time.time() + AGAIN_S, why]}
            write(self._refusals, json.dumps(refusals))
            return {chosen[0].name: why}
        return {}

    def _balance(self) -> None:
        """Write receipts of what others ended, and tell Slurm which of the stopped hosts may be asked for. The caller holds the lock."""
        seen = self._seen()
        self._book.add(ended_elsewhere(self._settings, dict(seen.instances), seen.now))
        held = self._hold.lasts
        for change in balanced(self._slurm.hosts(), seen):
            if held and change.state == "power_down":
                continue
            try:
                self._slurm.set_state(change.host, change.state, change.reason)
                say(f"{change.host}: {change.state}{f' ({change.reason})' if change.reason else ''}")
            except (
                subprocess.SubprocessError
            ) as error:  # it is on its way to another state; the next look sees which
                say(f"{change.host}: {change.state}: {error}")

    def _seen(self) -> Seen:
        now = _now()
        refused = {
            name: str(why) for name, (until, why) in self._refused().items() if until > now.timestamp()
        }
        return Seen(
            settings=self._settings,
            instances=self._ec2.described(host.instance for host in self._settings.hosts),
            runs=self._book.read(),
            refused=refused,
            now=now,
        )

    def _refused(self) -> dict[str, list[float]]:
        try:
            known: dict[str, list[float]] = json.loads(text(self._refusals) or "{}")
        except ValueError:
            return {}
        return known


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="gpuhost elastic", description="Hosts that run while jobs need them."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (("resume", "start hosts"), ("suspend", "stop hosts")):
        one = commands.add_parser(name, help=f"{what}; Slurm runs this")
        one.add_argument("hosts", help="as Slurm writes them: train-[2-4]")
    commands.add_parser("check", help="bring Slurm up to date; a timer runs this")
    commands.add_parser("prepare", help="write what slurm.conf includes; a unit runs this")
    hold = commands.add_parser("hold", help="stop no host for a while; as root")
    hold.add_argument("--minutes", type=float, required=True, help="for so long; 0 ends it")
    status = commands.add_parser("status", help="a receipt for each run of each host")
    status.add_argument("--json", action="store_true", help="as JSON")
    given = parser.parse_args(arguments)
    try:
        book = RunBook()
        if given.command == "status":
            return _status(book, as_json=given.json)
        known = configured.read()
        one_call = Elastic(known, Ec2(known.region, known.endpoint_url), Scontrol(), book)
        if given.command == "check":
            one_call.check()
        elif given.command == "prepare":
            one_call.prepare()
        elif given.command == "hold":
            one_call.hold(given.minutes)
        elif given.command == "resume":
            one_call.resume(given.hosts)
        else:
            one_call.suspend(given.hosts)
    except _FAILURES as error:
        say(f"{error}\n  try: journalctl -t orchestrate-elastic")
        return 1
    return 0


def _status(book: RunBook, *, as_json: bool) -> int:
    runs = book.read()
    if as_json:
        sys.stdout.write(f"{json.dumps({'runs': [asdict(run) for run in runs]})}\n")
        return 0
    sys.stdout.writelines(lines(asdict(run) for run in runs) or ("no host has been stopped yet\n",))
    return 0


def lines(runs: Iterable[dict[str, object]]) -> list[str]:
    """The receipts, a line each."""
    return [
        f"{run['host']}  {run['began']} to {run['ended']}  {run['hours']} h  {run['usd']} USD  {run['why']}\n"
        for run in runs
    ]


def say(line: str) -> None:
    """To the journal."""
    sys.stderr.write(f"{line}\n")


def _now() -> datetime:
    return datetime.now(timezone.utc)
