"""What users of desktops are given: services without a login, the graphics cards, a password for the desktop. As root.

What is new is on record before it is given; what is on record and not wanted any more is taken back, and nothing else.
"""

from __future__ import annotations

import grp
import json
import pwd
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

RECORD = Path("/var/lib/misc/vnc-accounts.json")
LINGERS = Path("/var/lib/systemd/linger")
CARDS = Path("/dev/dri")
PASSWORD = "desktop-password"  # noqa: S105  what a user has, not a password
PASSWORD_FILES = ("vnc-password", "vnc-passwd")
LINGER = "linger"
SERVICES = ("xfconfd", "xfce4-notifyd", "dconf", "at-spi-dbus-bus", "dbus")
"""What a desktop starts on its user's bus; the last one starts anew when somebody calls it."""
HINT = "repair it on the host, and repeat"


@dataclass(frozen=True)
class Wish:
    """Who gets what."""

    users: tuple[str, ...]
    groups: tuple[str, ...]
    """Those that may open cards."""


@dataclass(frozen=True, order=True)
class Grant:
    """Something that a user has: PASSWORD, LINGER or the name of a group."""

    user: str
    what: str


@dataclass(frozen=True)
class Plan:
    """What has to be done."""

    give: tuple[Grant, ...]
    take: tuple[Grant, ...]
    """A password before its user's services, which it takes to end what the desktop started."""
    kept: frozenset[Grant]
    """What is on record and stays."""

    @property
    def taken(self) -> list[str]:
        """What is taken, a line each."""
        return [f"{grant.user} has {grant.what} no more" for grant in self.take]

    @property
    def given(self) -> list[str]:
        """What is given, a line each."""
        return [f"{grant.user} has {grant.what}" for grant in self.give]


def decide(wish: Wish, record: frozenset[Grant], has: frozenset[Grant], known: frozenset[str]) -> Plan:
    """What has to be done. Pure.

    Args:
        wish: who gets what.
        record: what was given here.
        has: what users have, by whomever.
        known: the groups of the wish that may open cards here; none on a host without a card.
    """
    whats = (PASSWORD, LINGER, *(name for name in wish.groups if name in known))
    missing = frozenset(Grant(user, what) for user in wish.users for what in whats) - has
    # A card that is away for now takes nobody out of a group.
    possible = {Grant(user, what) for user in wish.users for what in (PASSWORD, LINGER, *wish.groups)}
    kept = record & possible
    return Plan(give=tuple(sorted(missing)), take=tuple(sorted(record - kept)), kept=kept)


def plan_of(wish: Wish) -> Plan:
    """What has to be done on this host."""
    record = read_record()
    members = _members(wish.groups)
    has = {grant for grant in record if grant.what == PASSWORD}
    has |= {Grant(user, LINGER) for user in wish.users if (LINGERS / user).exists()}
    has |= {Grant(user, group) for group, users in members.items() for user in users}
    return decide(wish, record, frozenset(has), frozenset(members))


def take(plan: Plan) -> None:
    """Take back what was given here, as far as the user is still there and has it. Raises HostError."""
    for user, what in ((grant.user, grant.what) for grant in plan.take):
        if what == PASSWORD:
            _remove_password(user)
        elif what == LINGER:
            if (LINGERS / user).exists():
                succeed(("loginctl", "disable-linger", user), HINT)
        elif any(group.gr_name == what and user in group.gr_mem for group in grp.getgrall()):
            succeed(("gpasswd", "--delete", user, what), HINT)
    if plan.take:
        write_record(plan.kept)


def give(plan: Plan) -> None:
    """Give what is missing. The desktop makes its password itself, at its start. Raises HostError."""
    if plan.give:
        write_record(plan.kept.union(plan.give))
    for user, what in ((grant.user, grant.what) for grant in plan.give):
        if what == LINGER:
            succeed(("loginctl", "enable-linger", user), HINT)
        elif what != PASSWORD:
            succeed(("gpasswd", "--add", user, what), HINT)


def _members(groups: Sequence[str]) -> dict[str, frozenset[str]]:
    """Who is in each of these groups that the host knows; nothing on a host without a card."""
    if not CARDS.is_dir():
        return {}
    known = {group.gr_name: group for group in grp.getgrall() if group.gr_name in groups}
    return {
        name: frozenset((*group.gr_mem, *(u.pw_name for u in pwd.getpwall() if u.pw_gid == group.gr_gid)))
        for name, group in known.items()
    }


def _remove_password(user: str) -> None:
    """As the user, in whose folders root follows no links. What else is beside the password stays."""
    account = next((entry for entry in pwd.getpwall() if entry.pw_name == user), None)
    if account is None:
        return
    as_user = ("runuser", "--user", user, "--")
    bus = f"XDG_RUNTIME_DIR=/run/user/{account.pw_uid}"
    folder = f"{account.pw_dir}/.config/orchestrate"
    # Without a manager of the user's nothing runs, and this fails.
    run((*as_user, "env", bus, "systemctl", "--user", "stop", *SERVICES))
    succeed((*as_user, "rm", "--force", *(f"{folder}/{name}" for name in PASSWORD_FILES)), HINT)
    run((*as_user, "rmdir", folder))


def read_record() -> frozenset[Grant]:
    """What was given here."""
    given = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else []
    return frozenset(Grant(user, what) for user, what in given)


def write_record(grants: frozenset[Grant]) -> None:
    """Replace the record in one step; one that says nothing goes."""
    if not grants:
        RECORD.unlink(missing_ok=True)
        return
    text = json.dumps([[grant.user, grant.what] for grant in sorted(grants)])
    files.write(files.ManagedFile(RECORD, f"{text}\n"))
