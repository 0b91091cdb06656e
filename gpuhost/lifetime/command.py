"""End this host when it has run as long, cost as much or idled as long as it may, whoever started it and wherever they are.

    orchestrate-lifetime status [--json]                    what is left
    sudo orchestrate-lifetime extend --hours 2 --usd 5      put the end off
    gpuhost lifetime watch | spot                           what the services do

Ends it by powering off, and by nothing else: whether a cloud then keeps the host or removes it was said at its launch.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta, timezone

from gpuhost.lifetime import activity
from gpuhost.lifetime.ledger import Book, moment
from gpuhost.lifetime.limits import (
    Bound,
    End,
    Extension,
    Ledger,
    Limits,
    Moment,
    Notice,
    Verdict,
    amount,
    bounds,
    counted,
    decide,
    extended,
    first,
)
from gpuhost.lifetime.terminals import announce, say, tell, terminals
from gpuhost.systemd import notify

TICK_S = 30.0
"""A host that loses its power loses so much of its account, cents even where an hour costs a hundred dollars; and the
warning two minutes before the end comes in time. A look takes a tenth of a second."""

FARTHEST_S = 100 * 365.25 * 86400

FORCE_AFTER = 10
"""Looks after which a power-off that did not happen is forced: five minutes, longer than services may take to stop."""


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="orchestrate-lifetime", description="When and why this host ends itself."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    status = commands.add_parser("status", help="what this host has run and cost, and when it ends")
    status.add_argument("--json", action="store_true", help="as JSON")
    extend = commands.add_parser("extend", help="put the end off; as root")
    extend.add_argument("--hours", type=granted, default=0.0, help="hours more")
    extend.add_argument("--usd", type=granted, default=0.0, help="US dollars more")
    commands.add_parser("watch", help="look every half minute; the service runs this")
    commands.add_parser("spot", help="look for EC2's notice every five seconds; a service runs this")
    given = parser.parse_args(arguments)
    if given.command == "spot":
        from gpuhost.lifetime import spot

        return spot.watch()
    book = Book()
    try:
        if given.command == "watch":
            return watch(book)
        if given.command == "extend":
            return put_off(book, hours=given.hours, usd=given.usd)
        now = moment()
        ledger = since(book.peek(now, time.time()), now)
        told = report(ledger, book.limits(), book.notice(now.run))
        answer(json.dumps(told) if given.json else in_words(told))
    except (OSError, ValueError) as error:
        say(f"orchestrate-lifetime: {error}")
        return 1
    return 0


def granted(text: str) -> float:
    """An amount on the command line. Raises ValueError for what is none."""
    return amount(float(text))


def since(ledger: Ledger, now: Moment) -> Ledger:
    """The account between two looks: what was in use at the last one still is."""
    return counted(ledger, now, in_use=ledger.idle_s == 0)


def watch(book: Book) -> int:
    """Look every half minute until the host ends or systemd says to stop."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    seen, warned, attempts = activity.Watch(), math.inf, 0
    while True:
        limits = book.limits()
        book.keep(limits)
        use = seen.use(limits)
        verdict = look(book, limits, warned=warned, in_use=bool(use))
        left = verdict.bound
        told = f"ends in {left.left_s / 60:.0f} minutes ({left.reason})" if left else "no limit"
        notify(f"READY=1\nWATCHDOG=1\nSTATUS={told}; {f'used by {use}' if use else 'idle'}")
        if verdict.action == "end" and left:
            say(f"this host has reached its limit ({left.reason}) and powers off")
            power_off(left, forced=attempts >= FORCE_AFTER)
            attempts += 1
        elif verdict.action == "warn" and left:
            announce(warning(left))
        warned = verdict.level
        # As a sleep that a signal to stop cuts short: then the account is closed to the second.
        if signal.sigtimedwait({signal.SIGTERM}, TICK_S):
            look(book, limits, warned=warned, in_use=False)
            return 0


def look(book: Book, limits: Limits, *, warned: float, in_use: bool) -> Verdict:
    """Bring the account up to date and decide. An end is on record before it begins."""
    with book.locked():
        now = moment()
        ledger = counted(book.open(now, time.time()), now, in_use=in_use)
        verdict = decide(ledger, limits, warned=warned, wall_s=time.time())
        if verdict.action == "end" and verdict.bound and not (ledger.ended and ledger.ended.run == now.run):
            end = End(at=in_utc(0), run=now.run, spent_s=ledger.spent_s, reason=verdict.bound.reason)
            ledger = replace(ledger, ended=end)
            book.note_end(end)
        book.save(ledger)
    return verdict


def put_off(book: Book, *, hours: float, usd: float) -> int:
    """Grant more, on record with who did. Raises ValueError for what cannot be put off, OSError where one may not."""
    if not hours and not usd:
        raise ValueError("how much?\n  try: orchestrate-lifetime extend --hours 2")
    if os.geteuid() != 0:
        raise ValueError("only root may put the end off\n  try: sudo orchestrate-lifetime extend --hours 2")
    limits, who = book.limits(), os.environ.get("SUDO_USER") or f"uid {os.getuid()}"
    with book.locked():
        now = moment()
        ledger = counted(book.open(now, time.time()), now, in_use=True)
        ledger = extended(ledger, limits, Extension(at=in_utc(0), by=who, hours=hours, usd=usd))
        book.save(ledger)
        if book.peek(now, time.time()) != ledger:
            raise OSError("the account could not be written, so nothing is put off\n  try: df /var/lib")
    answer(in_words(report(ledger, limits, book.notice(now.run))))
    return 0


def report(ledger: Ledger, limits: Limits, notice: Notice) -> dict[str, object]:
    """What `status` prints."""
    bound = first(bounds(ledger, limits, time.time()))
    price = limits.price_usd_per_hour
    return {
        "spent_seconds": round(ledger.spent_s),
        "cost_usd": round(ledger.spent_s / 3600 * price, 4) if price else None,
        "limits": asdict(limits),
        "extensions": [asdict(each) for each in ledger.extensions],
        "ends_at": in_utc(max(bound.left_s, 0.0)) if bound else None,
        "reason": bound.reason if bound else None,
        "idle_seconds": round(ledger.idle_s),
        "idle_limit_seconds": round(limits.idle_minutes * 60) or None,
        "last_end": asdict(ledger.ended) if ledger.ended else None,
        "interruption": asdict(notice) if notice.at or notice.advised_at else None,
    }


def in_words(told: dict[str, object]) -> str:
    """The report for a person."""
    ran = f"has run {float(str(told['spent_seconds'])) / 3600:.2f} hours in all"
    if told["cost_usd"] is not None:
        ran += f", {told['cost_usd']} USD"
    ends = f"ends at {told['ends_at']} ({told['reason']})" if told["ends_at"] else "has no limit that ends it"
    notice = told["interruption"]
    if isinstance(notice, dict) and notice["at"]:
        ends += f"\nEC2 takes it back at {notice['at']} ({notice['action']})"
    return f"{ran}\n{ends}"


def in_utc(after_s: float) -> str:
    """The time of day in so many seconds, ISO 8601, UTC."""
    return utc(after_s).isoformat(timespec="seconds")


def utc(after_s: float) -> datetime:
    """The time of day in so many seconds, or in FARTHEST_S: dates end with the year 9999."""
    return datetime.now(timezone.utc) + timedelta(seconds=min(after_s, FARTHEST_S))


def warning(bound: Bound) -> str:
    """Lines that fit a terminal."""
    minutes, at = math.ceil(bound.left_s / 60), f"{utc(bound.left_s):%Y-%m-%d %H:%M} UTC"
    lines = [f"This host powers off in {minutes} minutes, at {at}.", f"Its limit is {bound.reason}."]
    if bound.remedy:
        lines += [
            f"To put it off, here: sudo orchestrate-lifetime {bound.remedy}",
            f"or where it was started from: orchestrate {bound.remedy}",
        ]
    return "\n".join(lines) + "\n"


def power_off(bound: Bound, *, forced: bool) -> None:
    """Have systemd power the host off. A program that holds shutdowns up is no reason to go on paying."""
    tell(f"This host powers off now. Its limit is {bound.reason}.", terminals())
    run("systemctl", "poweroff", "--check-inhibitors=no", *(("--force",) if forced else ()))


def run(*argv: str) -> None:
    """Run a program; say it when it fails, and go on."""
    try:
        subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        say(str(error))


def answer(text: str) -> None:
    """To whoever asked."""
    sys.stdout.write(f"{text}\n")
