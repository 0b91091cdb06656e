"""Let users have services without a login, and the graphics cards. Runs on the host, as root.

    python3 vnc_accounts.py check|apply '<users and groups as JSON>'

Prints one JSON object: what was done; for `check`, what would be done. What is new is on record before it is made; what is
on record and not wanted any more is taken back, and nothing else.
"""

import grp
import json
import os
import pwd
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RECORD = Path("/var/lib/misc/vnc-accounts.json")
LINGERS = Path("/var/lib/systemd/linger")
CARDS = Path("/dev/dri")
LINGER = "linger"
"""Recorded beside the groups' names, in none of which it could be confused: groups are those of the wish."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """Something that a user has: a group, or that the user's services linger."""

    user: str
    what: str


def wanted(
    users: Sequence[str], groups: Sequence[str], there: Mapping[str, frozenset[str]]
) -> frozenset[Grant]:
    """What the users are to have. Groups only on a host that has a card, and only those that it knows."""
    return frozenset(
        Grant(user, what) for user in users for what in (LINGER, *(name for name in groups if name in there))
    )


def look(groups: Sequence[str]) -> dict[str, frozenset[str]]:
    """Who is in each of these groups that the host knows; nothing on a host without a card."""
    if not CARDS.is_dir():
        return {}
    known = {group.gr_name: group for group in grp.getgrall() if group.gr_name in groups}
    return {
        name: frozenset(
            (*known[name].gr_mem, *(u.pw_name for u in pwd.getpwall() if u.pw_gid == known[name].gr_gid))
        )
        for name in known
    }


def has(grant: Grant, there: Mapping[str, frozenset[str]]) -> bool:
    """Whether the user has it now."""
    return (
        (LINGERS / grant.user).exists() if grant.what == LINGER else grant.user in there.get(grant.what, ())
    )


def give(grant: Grant) -> None:
    """Give it."""
    lingers = grant.what == LINGER
    run(
        *(
            ("loginctl", "enable-linger", grant.user)
            if lingers
            else ("gpasswd", "--add", grant.user, grant.what)
        )
    )


def take(grant: Grant) -> None:
    """Take it back, if the user is still there and has it."""
    if grant.what == LINGER and (LINGERS / grant.user).exists():
        run("loginctl", "disable-linger", grant.user)
    if grant.what != LINGER and any(
        g.gr_name == grant.what and grant.user in g.gr_mem for g in grp.getgrall()
    ):
        run("gpasswd", "--delete", grant.user, grant.what)


def run(*argv: str) -> None:
    """Run a program. Raises SubprocessError when it fails."""
    subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)


def read_record() -> frozenset[Grant]:
    """What was given here."""
    told = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else []
    return frozenset(Grant(user, what) for user, what in told)


def write_record(grants: frozenset[Grant]) -> None:
    """Replace the record in one step; one that says nothing goes."""
    if not grants:
        RECORD.unlink(missing_ok=True)
        return
    fresh = RECORD.with_name(f".{RECORD.name}.new")
    fresh.write_text(
        json.dumps([[grant.user, grant.what] for grant in sorted(grants)]) + "\n", encoding="utf-8"
    )
    fresh.replace(RECORD)


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    os.umask(0o022)
    verb, subject = arguments
    wish = json.loads(subject)
    try:
        there, record = look(wish["groups"]), read_record()
        wants = wanted(wish["users"], wish["groups"], there)
        missing = sorted(grant for grant in wants if not has(grant, there))
        # A card that is away for now takes nobody out of a group.
        kept = {
            grant
            for grant in record
            if grant.user in wish["users"] and grant.what in (LINGER, *wish["groups"])
        }
        surplus = sorted(record - kept)
        if verb == "apply" and (missing or surplus):
            write_record(record | frozenset(missing))
            for grant in missing:
                give(grant)
            for grant in surplus:
                take(grant)
            write_record(frozenset(kept) | frozenset(missing))
    except subprocess.CalledProcessError as error:
        sys.stderr.write(
            f"{error.cmd[0]} failed: {error.stderr.strip()}\n  try: repair it on the host, and repeat\n"
        )
        return 1
    except OSError as error:
        sys.stderr.write(f"{error}\n  try: repair it on the host, and repeat\n")
        return 1
    done = [
        *(f"{g.user} has {g.what}" for g in missing),
        *(f"{g.user} has {g.what} no more" for g in surplus),
    ]
    sys.stdout.write(json.dumps({"changed": bool(done), "done": done}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
