"""What systemd says of its sockets. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

TCP = r"(?:[\d.]+:|\[[^\]]*\]:)?(\d+)"
"""An address that a socket listens at, with its port as the group; other kinds (vsock, paths) do not match."""


def parse_sockets(listing: str) -> list[tuple[str, bool, tuple[int, ...]]]:
    """Of what `systemctl show` lists, the active sockets: name, whether systemd accepts, and the TCP ports."""
    found = []
    for stanza in listing.split("\n\n"):
        ports = _numbers(re.findall(rf"^Listen={TCP} \(Stream\)$", stanza, re.MULTILINE))
        name = re.search(r"^Id=(.*)$", stanza, re.MULTILINE)
        if name and ports and "ActiveState=active" in stanza:
            found.append((name[1], "Accept=yes" in stanza, ports))
    return found


def listen_ports(files: Iterable[str]) -> tuple[int, ...]:
    """The TCP ports of a unit's files, in their order; an empty value takes back what came before."""
    ports: list[str] = []
    for value in re.findall(r"^ListenStream=[ \t]*(.*?)[ \t]*$", "\n".join(files), re.MULTILINE):
        one = re.match(rf"{TCP}$", value)
        if not value:
            ports = []
        elif one:
            ports.append(one[1])
    return _numbers(ports)


def _numbers(ports: Iterable[str]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(port) for port in ports))
