"""The SSH servers on the way to a host, jump hosts first, and the key that each shows. Nobody is logged in to, but jump hosts.

OpenSSH itself says how it would go: `ssh -G`, with the words that Ansible would give it.
"""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestrator.ansible_hosts.connection import SshCommand
from orchestrator.errors import UnreachableError
from orchestrator.models import endpoint
from orchestrator.sanitize import sanitized_line

_TIMEOUT_S = 30
_MOST_HOPS = 8
_SSH_FAILED = 255

ALONE = ("-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "ControlPersist=no")
"""With ControlPersist, what a jump host is refused for is heard by nobody."""

_ONLY_THE_KEY = (
    *("-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile=none", "-o", "GlobalKnownHostsFile=none"),
    *("-o", "HostKeyAlgorithms=^ssh-ed25519", "-o", "PreferredAuthentications=none", "-o", "BatchMode=yes"),
    *("-o", "ConnectTimeout=10", "-o", "UpdateHostKeys=no", *ALONE),
)
"""The first word counts for OpenSSH: whatever the inventory says, no key is on record, so that none is accepted and no login is tried."""

_WRITE_KEY = 'test "$2" = NONE || echo "$1" "$2" > "$3"'
"""A constant program, run by sh: what ssh asks whether it is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """An SSH server on the way."""

    host: str
    """As known_hosts has it: the name or address behind every alias of ssh's configuration."""
    port: int
    """22 where known_hosts has no port."""
    known_hosts: Path
    """Where ssh would look for its key first."""
    command: SshCommand


def route(command: SshCommand) -> tuple[Hop, ...]:
    """All servers that ssh logs in to on its way, in this order; the last one is the host.

    Raises:
        UnreachableError: ssh refuses its configuration.
    """
    return tuple(_hops(command, _MOST_HOPS))


def shown_key(hop: Hop) -> str:
    """The public key that the server shows now, `ssh-ed25519 AAAA…`. Those before it have to be on record.

    Raises:
        UnreachableError: nothing answers there.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "key"
        asked = f"KnownHostsCommand=/bin/sh -c {shlex.quote(_WRITE_KEY)} sh %t %K {shlex.quote(str(file))}"
        said = _ssh(hop.command, (*_ONLY_THE_KEY, "-o", asked, *hop.command.words), "true")
        shown = file.read_text(encoding="ascii").split() if file.exists() else []
    if len(shown) != 2:
        last = next((line for line in reversed(said.stderr.splitlines()) if line.strip()), "it says nothing")
        raise UnreachableError(
            f"{endpoint(hop.host, hop.port)} does not show a key: {sanitized_line(last, limit=200)}",
            "check the address, and that sshd runs there",
        )
    return " ".join(shown)


def refusal(command: SshCommand) -> str:
    """What ssh says when it does not get there, jump hosts included; empty where it does. For when nobody heard it the first time."""
    done = _ssh(command, (*ALONE, "-o", "BatchMode=yes", *command.words), "true")
    return done.stderr if done.returncode == _SSH_FAILED else ""


def _hops(command: SshCommand, most: int) -> Iterator[Hop]:
    given = _configuration(command)
    if most > 0:
        for jump in _jumps(command, given):
            yield from _hops(jump, most - 1)
    alias = given.get("hostkeyalias", "")
    first = shlex.split(given.get("userknownhostsfile", "")) or ["~/.ssh/known_hosts"]
    yield Hop(
        host=alias or given["hostname"],
        port=22 if alias else int(given["port"]),
        known_hosts=Path(first[0]).expanduser(),
        command=command,
    )


def _jumps(command: SshCommand, given: dict[str, str]) -> Iterator[SshCommand]:
    """The commands that lead to the jump hosts of this one."""
    config = _option_of(command.words, "-F")
    before: list[str] = []
    jumps = given.get("proxyjump", "none")
    for jump in () if jumps == "none" else jumps.split(","):
        through = ("-J", ",".join(before)) if before else ()
        yield SshCommand(program=command.program, words=(*config, *through, _as_uri(jump)), environment={})
        before.append(jump)
    proxy = shlex.split(given.get("proxycommand", "none"))
    if proxy and Path(proxy[0]).name == "ssh":
        yield SshCommand(program=proxy[0], words=tuple(_without_forward(proxy[1:])), environment={})


def _as_uri(jump: str) -> str:
    """`user@host:port` as a destination of ssh, which takes a port in a URI alone."""
    return jump if jump.startswith("ssh://") else f"ssh://{jump}"


def _without_forward(words: list[str]) -> Iterator[str]:
    """The words of a ProxyCommand but `-W %h:%p`."""
    rest = iter(words)
    for word in rest:
        if word == "-W":
            next(rest, "")
        elif not word.startswith("-W"):
            yield word


def _option_of(words: tuple[str, ...], option: str) -> tuple[str, ...]:
    if option not in words[:-1]:
        return ()
    return (option, words[words.index(option) + 1])


def _configuration(command: SshCommand) -> dict[str, str]:
    """What ssh would do, by lower-case keyword."""
    done = _ssh(command, ("-G", *command.words))
    pairs = (line.partition(" ") for line in done.stdout.splitlines())
    found = {keyword: value for keyword, _, value in pairs}
    if done.returncode != 0 or "hostname" not in found:
        raise UnreachableError(
            f"ssh does not say how it would connect: {sanitized_line(done.stderr, limit=200) or done.returncode}",
            "mend the words that the inventory gives to ssh: ansible_ssh_common_args, ansible_ssh_extra_args",
        )
    return found


def _ssh(command: SshCommand, words: tuple[str, ...], *line: str) -> "subprocess.CompletedProcess[str]":
    """Without a terminal: nobody is asked, and a jump host that is not on record is refused."""
    try:
        return subprocess.run(
            (command.program, *words, *line),
            env={**os.environ, **command.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_TIMEOUT_S,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnreachableError(
            f"{command.program}: {sanitized_line(str(error), limit=200)}", "orchestrate doctor"
        ) from error
