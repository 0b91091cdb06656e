"""Forward a port of this computer to a port of a host while a command runs, and print how to use it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import click

from orchestrator.cli.connect.hosts import TargetHost
from orchestrator.cli.render import print_rows
from orchestrator.errors import ExitCode, UnreachableError, UsageError

if TYPE_CHECKING:
    from orchestrator.services import Password
    from orchestrator.tunnel import SshTarget, Tunnel


class Via(StrEnum):
    """How a service is reached."""

    TUNNEL = "tunnel"
    TLS = "tls"
    HERE = "here"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortForward:
    """An open port forward."""

    port: int
    tunnel: "Tunnel | None"
    """None when the host is this computer."""

    @property
    def via(self) -> Via:
        """How the port leads there."""
        return Via.TUNNEL if self.tunnel else Via.HERE

    def no_answer_error(self, at: TargetHost, target: int, look: str) -> UnreachableError:
        """The error for a port that nobody answers on; `look` is the command that says more."""
        said = self.tunnel.said if self.tunnel else ""
        if "administratively prohibited" in said:
            return UnreachableError(
                f"{at.host.name}: its sshd forwards no ports",
                "set ssh_server_allow_tcp_forwarding: local under vars:, then `orchestrate up`",
            )
        return UnreachableError(f"nothing answers on 127.0.0.1:{target} of {at.host.name}", look)

    def hold(self) -> int:
        """Stay until the user has had enough; return the exit code. Raises HostKeyError when the host comes back with another key."""
        if self.tunnel is None:
            return ExitCode.OK
        with suppress(KeyboardInterrupt):
            self.tunnel.hold()
        click.echo("closed", err=True)
        return ExitCode.INTERRUPTED


@contextmanager
def forward_port(at: TargetHost, target: int, wanted: int | None) -> Iterator[PortForward]:
    """Forward a port of the host's 127.0.0.1, on the wanted port of this computer or a free one.

    Raises:
        UsageError: the wanted port cannot be had.
        UnreachableError: the host is not reached.
    """
    from orchestrator.tunnel import Tunnel, local_port

    if at.is_here:
        if wanted is not None:
            raise UsageError(f"{at.host.name} is this computer: there is no tunnel", "leave out --port")
        yield PortForward(port=target, tunnel=None)
        return
    port = local_port(wanted, preferred=target)
    where = f"127.0.0.1:{target}"

    def say(line: str) -> None:
        click.echo(line, err=True)

    def find() -> "SshTarget":
        return at.now().ssh_target(where)

    with Tunnel(at.ssh_target(where), port, say, find=find) as tunnel:
        yield PortForward(port=port, tunnel=tunnel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A password that will be asked for."""

    password: "Password"
    text: str = ""
    """What it says, if the user wanted to see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccess:
    """What a user needs to know of a service that can be reached now."""

    what: str
    url: str
    port: int
    via: Via
    login: Credential
    desktop: Credential | None = None
    """Credential for after the login, where a desktop comes in the browser."""
    also: str = ""
    """Another way to write the address."""


def print_access(shown: ServiceAccess, at: TargetHost, *, as_json: bool) -> None:
    """Say it, at once: on standard output as one line of JSON, or for people."""
    asked = {"password": shown.login} | ({"desktop_password": shown.desktop} if shown.desktop else {})
    if as_json:
        facts: dict[str, object] = {
            "url": shown.url,
            "user": shown.login.password.user,
            "via": shown.via,
            "port": shown.port,
        }
        if shown.via is Via.TUNNEL:
            facts["pid"] = os.getpid()
        for key, each in asked.items():
            facts[f"{key}_file"] = each.password.path
            if each.text:
                facts[key] = each.text
        click.echo(json.dumps(facts))
        return
    click.echo(f"{shown.what}: {shown.url}" + (f"  ({shown.also})" if shown.also else ""))
    rows = [("user", shown.login.password.user)]
    for key, each in asked.items():
        rows.append((key.replace("_", " "), each.text or at.typed_ssh(each.password.argv)))
    print_rows(rows)
    if shown.via is Via.TUNNEL:
        click.echo(f"  through SSH to {at.host.name}; Ctrl-C closes it")
