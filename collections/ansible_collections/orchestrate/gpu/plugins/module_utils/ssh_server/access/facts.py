"""What is asked of sshd's settings, and what is on the host. Values alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config.sessions import Forward
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config.settings import Line, Settings
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.network_sockets import Socket


@dataclass(frozen=True)
class Wish:
    """What the module is asked for. Its parameters, under their own names."""

    settings: str
    """The text of the role's file; empty to take it away."""
    port: int
    """0: wherever sshd listens now."""
    rsa_host_key: bool
    moduli: bool
    packages: Sequence[str]
    accept: Sequence[str]
    add_include: bool
    local: bool
    """Ansible runs on the host itself: there is no connection to keep."""
    names: Sequence[str]
    """What the inventory calls this host."""
    ssh_options: Sequence[Sequence[str]]
    """Other hosts of the inventory, each with options of ssh that name a jump host or a proxy."""
    user: str
    """Who is connected."""
    connection: str
    """SSH_CONNECTION of that user's session; empty where it is not known."""
    rollback_s: int


def wish_of(given: Mapping[str, Any]) -> Wish:
    """The parameters of the module."""
    return Wish(**{one.name: given[one.name] for one in fields(Wish)})


@dataclass(frozen=True)
class Operator:
    """Who is connected, and how."""

    user: str
    groups: tuple[str, ...]
    connection: Socket
    """The host's end. Its addresses are empty and its ports 0 when there is none."""
    method: str
    """How sshd says that this connection logged in: publickey, password; empty when it does not say."""
    has_key: bool
    """An authorized key is there, or keys come from elsewhere."""
    addresses: tuple[str, ...]
    """The host's own."""
    through: str
    """The program of this host that the connection came in by, for example `ssh`; empty for none."""


@dataclass(frozen=True)
class Server:
    """What listens where the connection came in."""

    program: str
    """`sshd`, `systemd`, `dropbear`; empty for nothing that can be seen."""
    unit: str = "ssh.service"
    socket: str = ""
    """The socket unit that is active and holds the port; empty when sshd listens by itself."""
    accepts: bool = False
    """systemd accepts and starts one sshd for each connection."""
    ports: tuple[int, ...] = ()
    other_file: str = ""
    """A file of settings that it was started with instead of sshd_config."""
    drop_in: bool = False
    """The role's drop-in for the socket is there."""
    plain_ports: tuple[int, ...] = ()
    """Where the socket would listen without it."""


@dataclass(frozen=True)
class Facts:
    """What is on the host."""

    operator: Operator
    server: Server
    is_included: bool
    """sshd_config reads the role's file."""
    files: tuple[Line, ...]
    """Lines of every file that sshd reads but the role's."""
    wanted: tuple[Line, ...]
    """Lines of the role's text."""
    general: Settings
    """What sshd would use outside of Match blocks, with the role's text in its place."""
    predicted: Settings
    """The same for the operator, Match blocks included."""
    forwards: tuple[tuple[Forward, Settings], ...]
    """What sessions carry, each with the settings that would hold for its user and client."""
    methods: Mapping[int, str] = field(default_factory=dict)
    """By a client's port: how its session logged in."""
