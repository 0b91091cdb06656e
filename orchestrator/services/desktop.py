"""Which desktops a host has, and which is meant."""

from dataclasses import dataclass

from orchestrator.errors import UsageError
from orchestrator.remote import Shell
from orchestrator.services.host_files import is_port, read_json, unreadable_answer

_FILE = "/etc/orchestrate/desktop.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """A desktop of a host."""

    user: str
    port: int
    """Of 127.0.0.1 on the host: RFB."""


def desktop_of(shell: Shell, host: str, *, user: str | None, login: str, up: str) -> Desktop:
    """The desktop of the user that is named, or else of who logs in, or else the only one.

    Args:
        shell: on the host.
        host: its name.
        user: whose desktop; None for whoever's is meant.
        login: who the shell is.
        up: what the user types to bring the fleet up, `orchestrate up`.

    Raises:
        UsageError: the host has no desktop, or not that one.
        UnreachableError: no connection, or it broke.
    """
    offered = _desktops(shell, host, up)
    names = ", ".join(sorted(offered))
    wanted = user or (login if login in offered or len(offered) != 1 else next(iter(offered)))
    if wanted in offered:
        return offered[wanted]
    if user:
        raise UsageError(f"{user} has no desktop on {host}", f"--user with one of {names}")
    raise UsageError(f"{host} has several desktops, and {login} has none", f"--user with one of {names}")


def _desktops(shell: Shell, host: str, up: str) -> dict[str, Desktop]:
    said = read_json(shell, _FILE, host)
    users = said.get("users") if said else {}
    if not users:
        raise UsageError(f"the desktop is not installed on {host}", f"{up} --with desktop")
    if not isinstance(users, dict):
        raise unreadable_answer(host, _FILE)
    ports = {name: found.get("port") if isinstance(found, dict) else None for name, found in users.items()}
    desktops = {name: Desktop(user=name, port=port) for name, port in ports.items() if is_port(port)}
    if len(desktops) != len(users):
        raise unreadable_answer(host, _FILE)
    return desktops
