"""Units of systemd that several users have one each of: those of users who are not listed any more go. Never starts or writes one."""

from __future__ import annotations

import pwd
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files, units
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import succeed

_RUNNING = "--state=active,activating,reloading"


@dataclass(frozen=True)
class Wish:
    """Who has which units."""

    users: tuple[str, ...]
    units: tuple[str, ...]
    """Templates, as `tool@.socket`, of what each user has installed. What else of them runs is stopped."""
    obsolete: tuple[str, ...] = ()
    """Templates of what no user has installed. What else of them runs goes on."""


@dataclass(frozen=True)
class Surplus:
    """What goes."""

    stop: tuple[str, ...]
    remove: tuple[str, ...]
    """From the boot, with its file if it has one."""


def surplus(wish: Wish, installed: frozenset[str], running: frozenset[str]) -> Surplus:
    """What is not of the wish. Pure. A socket does not go without the service that it starts."""
    gone = {
        name for name in installed if user_of(name) not in wish.users or template_of(name) in wish.obsolete
    }
    stray = {
        name
        for name in running
        if user_of(name) not in wish.users or (template_of(name) in wish.units and name not in installed)
    }
    started = {f"{name.rpartition('.')[0]}.service" for name in gone | stray if name.endswith(".socket")}
    return Surplus(stop=tuple(sorted((gone | stray | started) & running)), remove=tuple(sorted(gone)))


def user_of(name: str) -> str:
    """The instance in a unit's name."""
    return name.partition("@")[2].rpartition(".")[0]


def template_of(name: str) -> str:
    """The template of which the unit is an instance."""
    return f"{name.partition('@')[0]}@.{name.rpartition('.')[2]}"


def accounts(users: Sequence[str], *, forgiving: bool) -> dict[str, dict[str, object]]:
    """Number and home of each user. Raises HostError where some have none, unless `forgiving`: then they will have."""
    found = {user: _account(user) for user in users}
    missing = [user for user, account in found.items() if account is None]
    if missing and not forgiving:
        raise HostError(
            f"there is no account {', '.join(missing)} on this host",
            "add it under base_users and apply the role base before, or take it out of the list of users",
        )
    return {user: account or {"uid": 0, "home": f"/home/{user}"} for user, account in found.items()}


def _account(user: str) -> dict[str, object] | None:
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return None
    return {"uid": entry.pw_uid, "home": entry.pw_dir}


def prune(wish: Wish, *, write: bool) -> Answer:
    """Stop and remove what is not of the wish.

    Returns:
        What was done, and what goes on running; without `write`, what would be.

    Raises:
        HostError: systemd does not do it.
    """
    places, running = _places(wish), _running(wish)
    found = surplus(wish, frozenset(path.name for path in places), running)
    done = [f"systemctl stop {' '.join(found.stop)}"] if found.stop else []
    if write and found.stop:
        units.systemctl("stop", *found.stop)
    gone = [path for path in places if path.name in found.remove]
    changes = files.bring_about([files.Wish(path=path, state="absent") for path in gone], write=write)
    if write and changes:
        folders = {path.parent for path in gone} - {units.FOLDER}
        files.bring_about([files.Wish(path=each, state="absent_if_empty") for each in folders], write=True)
        units.systemctl("daemon-reload")
    answer = units.answer_of(done + [change.said for change in changes], changes)
    answer.more["running"] = sorted(running.difference(found.stop))
    return answer


def _places(wish: Wish) -> list[Path]:
    """Files and links of instances of the wish's templates."""
    patterns = [template.replace("@.", "@?*.") for template in (*wish.units, *wish.obsolete)]
    return sorted(
        {path for each in patterns for at in ("", "*.wants/") for path in units.FOLDER.glob(at + each)}
    )


def _running(wish: Wish) -> frozenset[str]:
    """Instances that run of the wish's templates, and the services of sockets."""
    patterns = {f"{template.partition('@')[0]}@*" for template in (*wish.units, *wish.obsolete)}
    argv = ("systemctl", "list-units", _RUNNING, "--plain", "--no-legend", "--full", *sorted(patterns))
    said = succeed(argv, "systemctl status, on the host")
    return frozenset(line.split()[0] for line in said.splitlines() if line.strip())
