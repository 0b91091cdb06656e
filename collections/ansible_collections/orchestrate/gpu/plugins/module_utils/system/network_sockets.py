"""The host's TCP and UDP sockets, who holds them, and which addresses are its own. Changes nothing.

Sockets of the network namespace that the process runs in alone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of

PROC = Path("/proc")
TABLES = (("tcp", "tcp"), ("tcp", "tcp6"), ("udp", "udp"), ("udp", "udp6"))
LISTEN = "0A"
ESTABLISHED = "01"
UNCONNECTED = "07"
"""States in /proc/net/tcp and /proc/net/udp (include/net/tcp_states.h)."""
RESOLVER = "127.0.0.11"
"""In a container of Docker, where Docker answers names from outside of it. Its sockets are left out."""
NO_HOLDER = re.compile(r"\[(priv|net|listener|accepted|postauth)\]")
"""In the titles of sshd's processes that hold nothing but the client's connection."""
PROCESS = re.compile(r"^Name:\t(.*)\n(?:.*\n)*?Uid:\t\d+\t(\d+).*\nGid:\t\d+\t(\d+)")
"""Name, and the effective user and group, in /proc/<pid>/status."""


@dataclass(frozen=True)
class Process:
    """A process that holds a socket."""

    pid: int
    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Socket:
    """One line of the kernel's table. IPv4 addresses mapped into IPv6 are written as IPv4."""

    protocol: str
    """tcp or udp."""
    local: str
    port: int
    peer: str
    peer_port: int
    listens: bool
    """A TCP listener, or a UDP socket that takes packets from anywhere."""
    uid: int
    inode: int

    @property
    def ends(self) -> tuple[str, int, str, int]:
        """Address and port here, address and port of the peer."""
        return self.local, self.port, self.peer, self.peer_port


@dataclass(frozen=True)
class Snapshot:
    """What was there at one moment."""

    sockets: tuple[Socket, ...]
    owners: dict[int, tuple[Process, ...]]
    """By inode."""
    hidden: tuple[Process, ...]
    """Processes whose files root may not see: in a container without CAP_SYS_PTRACE those of other users."""
    addresses: tuple[str, ...]
    """The host's own."""


def is_loopback(address: str) -> bool:
    """Whether nothing outside the host reaches this address."""
    return ip_address(address).is_loopback


def is_own(snapshot: Snapshot, address: str) -> bool:
    """Whether the address is one of the host's."""
    return is_loopback(address) or address in snapshot.addresses


def owners(snapshot: Snapshot, socket: Socket) -> tuple[Process, ...]:
    """Who holds the socket. Where that cannot be seen: hidden processes of the user who made it, servers of SSH if there
    are some. Empty for one of the kernel's own."""
    seen = snapshot.owners.get(socket.inode, ())
    if seen or not socket.inode:
        return seen
    hidden = tuple(process for process in snapshot.hidden if process.uid == socket.uid)
    return tuple(process for process in hidden if is_sshd(process)) or hidden


def is_sshd(process: Process) -> bool:
    """Whether it is OpenSSH's server, or one of its sessions (sshd-session since 9.8)."""
    return process.name.startswith("sshd")


def listeners(snapshot: Snapshot, port: int) -> tuple[Socket, ...]:
    """TCP sockets that wait for connections at a port."""
    return tuple(
        one for one in snapshot.sockets if one.protocol == "tcp" and one.listens and one.port == port
    )


def peer_end(snapshot: Snapshot, socket: Socket) -> Socket | None:
    """The other end of a connection, where that is on this host too."""
    wanted = (socket.peer, socket.peer_port, socket.local, socket.port)
    there = (one for one in snapshot.sockets if one.protocol == socket.protocol and one.ends == wanted)
    return next(there, None)


def find_connection(snapshot: Snapshot, words: Sequence[str]) -> Socket:
    """The socket of the connection that the words of SSH_CONNECTION name, or one like it where the kernel lists none.

    Its addresses are empty and its ports 0 where they name none.
    """
    client, client_port, address, port = words if len(words) == 4 else ("", "0", "", "0")
    peer, local = (word.partition("%")[0].replace("::ffff:", "") for word in (client, address))
    named = Socket("tcp", local, int(port), peer, int(client_port), listens=False, uid=0, inode=0)
    return next((one for one in snapshot.sockets if one.ends == named.ends), named)


def parse_table(protocol: str, text: str) -> list[Socket]:
    """The sockets of one file of /proc/net; those that are closing are left out."""
    found = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) < 10 or words[3] not in (LISTEN, ESTABLISHED, UNCONNECTED):
            continue
        local, port = parse_endpoint(words[1])
        peer, peer_port = parse_endpoint(words[2])
        listens = words[3] == LISTEN if protocol == "tcp" else words[3] == UNCONNECTED and not peer_port
        if local != RESOLVER:
            found.append(
                Socket(protocol, local, port, peer, peer_port, listens, int(words[7]), int(words[9]))
            )
    return found


def parse_endpoint(text: str) -> tuple[str, int]:
    """`127.0.0.1`, 22 of `0100007F:0016`: the kernel writes each word of the address in the host's byte order."""
    address, port = text.split(":")
    packed = b"".join(bytes.fromhex(address[at : at + 8])[::-1] for at in range(0, len(address), 8))
    if len(packed) == 4:
        return str(IPv4Address(packed)), int(port, 16)
    long = IPv6Address(packed)
    return str(long.ipv4_mapped or long), int(port, 16)


def parse_addresses(trie: str, inet6: str) -> tuple[str, ...]:
    """The host's addresses, from /proc/net/fib_trie and /proc/net/if_inet6."""
    four = re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", trie)
    six = [str(IPv6Address(bytes.fromhex(line.split()[0]))) for line in inet6.splitlines() if line.strip()]
    return tuple(dict.fromkeys([*four, *six]))


def read_snapshot() -> Snapshot:
    """What is there now. Run as root."""
    found = [one for protocol, name in TABLES for one in parse_table(protocol, text_of(PROC / "net" / name))]
    holders: dict[int, list[Process]] = {}
    refused: dict[tuple[int, int], list[Process]] = {}
    for process in filter(None, map(read_process, PROC.glob("[0-9]*"))):
        inodes = socket_inodes(process)
        if inodes is None:
            refused.setdefault((process.uid, process.gid), []).append(process)
        for inode in inodes or ():
            holders.setdefault(inode, []).append(process)
    hidden = []
    for account, processes in refused.items():
        for process, inodes in zip(processes, inodes_as(account, processes)):
            if inodes is None and not NO_HOLDER.search(text_of(PROC / str(process.pid) / "cmdline")):
                hidden.append(process)
            for inode in inodes or ():
                holders.setdefault(inode, []).append(process)
    return Snapshot(
        sockets=tuple(found),
        owners={inode: tuple(processes) for inode, processes in holders.items()},
        hidden=tuple(hidden),
        addresses=parse_addresses(text_of(PROC / "net" / "fib_trie"), text_of(PROC / "net" / "if_inet6")),
    )


def read_process(folder: Path) -> Process | None:
    """The process; None for one that has ended."""
    found = PROCESS.search(text_of(folder / "status"))
    return Process(int(folder.name), found[1], int(found[2]), int(found[3])) if found else None


def tun_holders() -> list[tuple[str, Process]]:
    """Network devices that processes hold, each with its process (the kernel's Documentation/networking/tuntap)."""
    found = []
    for info in PROC.glob("[0-9]*/fdinfo/*"):
        named = re.search(r"^iff:\t(\S+)", text_of(info), re.MULTILINE)
        process = read_process(PROC / info.parts[2]) if named else None
        if named and process:
            found.append((named[1], process))
    return found


def socket_inodes(process: Process) -> list[int] | None:
    """Inodes of the sockets that a process holds; None where that may not be seen."""
    found = []
    try:
        for link in (PROC / str(process.pid) / "fd").iterdir():
            with suppress(FileNotFoundError):
                target = str(link.readlink())
                found += [int(target[8:-1])] if target.startswith("socket:[") else []
    except PermissionError:
        return None
    except OSError:
        return []
    return found


def inodes_as(account: tuple[int, int], processes: list[Process]) -> list[list[int] | None]:
    """The same, seen by the user whose processes they are: a container's root may lack CAP_SYS_PTRACE."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        answer = json.dumps([None] * len(processes))
        try:
            os.setgroups([])
            os.setgid(account[1])
            os.setuid(account[0])
            answer = json.dumps([socket_inodes(process) for process in processes])
        finally:
            with os.fdopen(theirs, "w") as pipe:
                pipe.write(answer)
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        found: list[list[int] | None] = json.load(pipe)
    os.waitpid(child, 0)
    return found
