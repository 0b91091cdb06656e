"""Read from the host what is to be known of sshd: who serves, what it would use, what its sessions carry. Changes nothing.

Copies of sshd's files, with the role's new text among them, are made in a folder of their own, so that sshd itself says what it
would use.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from network_sockets import PROC, Process, Snapshot, listeners, read, read_snapshot
from ssh_decisions import Facts, Operator, Server, Wish
from ssh_sessions import forwards, outward
from sshd_config import Line, Settings, first, includes, parse_file, parse_settings
from systemd_sockets import listen_ports, parse_sockets

SSHD = "/usr/sbin/sshd"
MAIN = Path("/etc/ssh/sshd_config")
SEPARATION = Path("/run/sshd")
"""sshd says nothing without it, and systemd makes it only when ssh.service starts (sshd(8), FILES)."""
KEY = re.compile(r"^[^#\n]*(ssh|ecdsa|sk)-\S+ AAAA", re.MULTILINE)
JOURNAL = (
    "journalctl",
    "--quiet",
    "--no-pager",
    "--output=cat",
    "--lines=20000",
    "-t",
    "sshd",
    "-t",
    "sshd-session",
)


class HostError(Exception):
    """sshd refuses its files; the text is what it said."""


class Candidate:
    """sshd's files as they would be, copied into a folder."""

    def __init__(self, wish: Wish, options: Sequence[str], folder: Path) -> None:
        self._wish = wish
        self._options = options
        self._folder = folder
        self._copies: set[Path] = set()
        self._copy(MAIN)

    def settings(self, user: str = "", client: str = "", address: str = "", port: int = 0) -> Settings:
        """What sshd would use, for a user and a client where they are given. Raises HostError."""
        spec = f"user={user},host={client},addr={client or '127.0.0.1'},laddr={address or '127.0.0.1'},lport={port or 22}"
        context = ("-C", spec) if user else ()
        return effective((*self._options, *context, "-f", str(self._place(MAIN))))

    def _place(self, path: Path) -> Path:
        return self._folder / path.relative_to("/")

    def _copy(self, path: Path) -> None:
        if path in self._copies:
            return
        self._copies.add(path)
        own = Path(self._wish.own_file)
        text = self._wish.settings if path == own else read(path)
        if path == MAIN and self._wish.add_include and not includes(parse_file(str(path), text), str(own)):
            text = f"Include {own}\n{text}"
        lines = []
        for line in text.splitlines():
            patterns = include_patterns(line)
            for pattern in patterns:
                for included in {*expand(pattern), *([own] if own.match(pattern) else ())}:
                    self._copy(included)
            moved = " ".join(str(self._place(Path(pattern))) for pattern in patterns)
            lines.append(f"Include {moved}" if patterns else line)
        place = self._place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def prepared(wish: Wish, options: Sequence[str]) -> Iterator[Candidate]:
    """The files as they would be, in a temporary folder that goes with the context."""
    folder = Path(tempfile.mkdtemp(prefix="ssh_server-"))
    try:
        yield Candidate(wish, options, folder)
    finally:
        shutil.rmtree(folder)


def include_patterns(line: str) -> list[str]:
    """The patterns of an Include line, with the folder that sshd takes them from."""
    words = re.match(r"\s*include[\s=]+(.*)$", line, re.IGNORECASE)
    patterns = shlex.split(words[1], comments=True) if words else []
    return [pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}" for pattern in patterns]


def expand(pattern: str) -> list[Path]:
    """The files that a pattern means."""
    return sorted(path for path in Path("/").glob(pattern.lstrip("/")) if path.is_file())


def effective(options: Sequence[str]) -> Settings:
    """What sshd lists with these options. Raises HostError."""
    if not SEPARATION.exists():
        SEPARATION.mkdir(mode=0o755)
    done = run((SSHD, "-T", *options))
    if done.returncode != 0:
        raise HostError(done.stderr.strip() or f"sshd -T ended with exit code {done.returncode}")
    return parse_settings(done.stdout)


def gather(wish: Wish, user: str, connection: str) -> Facts:
    """Everything that the decisions need. `connection` is SSH_CONNECTION as the operator's session has it."""
    snapshot = read_snapshot()
    client, client_port, address, port = parse_connection(connection)
    server, options = find_server(snapshot, port, wish.socket_file)
    own_ports = frozenset({port, *server.ports}) if port else frozenset(server.ports)
    files = read_files()
    methods = login_methods()
    account = pwd.getpwnam(user)
    with prepared(wish, options) as candidate:
        predicted = candidate.settings(user, client, address, port)
        carried = forwards(snapshot, user_names(), tun_holders(), own_ports)
        return Facts(
            operator=Operator(
                user=user,
                groups=tuple(grp.getgrgid(gid).gr_name for gid in os.getgrouplist(user, account.pw_gid)),
                client=client,
                client_port=client_port,
                address=address,
                port=port,
                method=methods.get(client_port, ""),
                has_key=has_key(account, predicted),
                addresses=snapshot.addresses,
                through=outward_name(snapshot, (client, client_port, address, port)),
            ),
            server=server,
            main=tuple(line for line in files if line.path == str(MAIN)),
            files=tuple(files),
            wanted=tuple(parse_file(wish.own_file, wish.settings)),
            general=candidate.settings(),
            predicted=predicted,
            forwards=tuple((one, candidate.settings(one.user, one.client)) for one in carried),
            methods=methods,
        )


def parse_connection(text: str) -> tuple[str, int, str, int]:
    """The client's address and port, and the host's, of SSH_CONNECTION; empty and 0 without one."""
    words = text.split()
    if len(words) != 4:
        return "", 0, "", 0
    client, address = (word.partition("%")[0].replace("::ffff:", "") for word in (words[0], words[2]))
    return client, int(words[1]), address, int(words[3])


def find_server(snapshot: Snapshot, port: int, drop_in: str) -> tuple[Server, tuple[str, ...]]:
    """What listens at a port, or where sshd listens when none is given; and the options that sshd was started with."""
    waiting = listeners(snapshot, port) if port else tuple(one for one in snapshot.sockets if one.listens)
    holders = [holder for one in waiting for holder in snapshot.owners.get(one.inode, ())]
    sshd = next((one for one in holders if is_listener(one)), None)
    command = read(PROC / str(sshd.pid) / "cmdline").replace("\0", " ") if sshd else ""
    options, other_file = parse_command(command)
    for name, accepts, ports in socket_units("*.socket" if port else "ssh*.socket"):
        if not port or port in ports:
            server = Server(
                program="systemd",
                unit="" if accepts else service_of(name),
                socket=name,
                accepts=accepts,
                ports=ports,
                other_file=other_file,
                **socket_files(name, drop_in),
            )
            return server, options
    if sshd is None and port and holders:
        return Server(program=holders[0].name), ()
    if sshd is None:
        return Server(program="" if port else "sshd"), ()
    held = {
        one.port for one in snapshot.sockets if one.listens and sshd in snapshot.owners.get(one.inode, ())
    }
    return Server(
        program="sshd", unit=unit_of(sshd), ports=tuple(sorted(held)), other_file=other_file
    ), options


def is_listener(process: Process) -> bool:
    """Whether this is the sshd that waits for connections, not one that serves a session."""
    command = read(PROC / str(process.pid) / "cmdline")
    return process.name == "sshd" and (not command.startswith("sshd: ") or "[listener]" in command)


def parse_command(command: str) -> tuple[tuple[str, ...], str]:
    """Options that change sshd's settings, and a file of settings other than sshd_config, from its process title."""
    words = command.replace("sshd: ", "", 1).partition("[listener]")[0].split()[1:]
    kept: list[str] = []
    other = ""
    for word, value in zip(words, [*words[1:], ""]):
        if word == "-f" and value != str(MAIN):
            other = value
        elif word in ("-o", "-p"):
            kept += [word, value]
        elif re.match(r"-(o.+|p\d+|4|6)$", word):
            kept.append(word)
    return tuple(kept), other


def unit_of(process: Process) -> str:
    """The service that a process belongs to."""
    found = re.search(r"/([^/\n]+\.service)", read(PROC / str(process.pid) / "cgroup"))
    return found[1] if found else "ssh.service"


def socket_units(pattern: str) -> list[tuple[str, bool, tuple[int, ...]]]:
    """Active sockets of systemd that match: name, whether systemd accepts, and the TCP ports."""
    properties = "--property=Id,Listen,Triggers,Accept,ActiveState"
    return parse_sockets(run(("systemctl", "show", properties, pattern)).stdout)


def socket_files(name: str, drop_in: str) -> dict[str, object]:
    """Whether the role's drop-in is there, and the ports of the other files of the unit."""
    listing = run(("systemctl", "show", "--property=FragmentPath,DropInPaths", name)).stdout
    paths = [word for line in listing.splitlines() for word in line.partition("=")[2].split()]
    others = [read(Path(path)) for path in paths if Path(path).name != drop_in]
    return {"drop_in": len(others) < len(paths), "plain_ports": listen_ports(others)}


def service_of(socket: str) -> str:
    """The service that a socket of systemd starts."""
    triggers = run(("systemctl", "show", "--property=Triggers", "--value", socket)).stdout.split()
    return triggers[0] if triggers else "ssh.service"


def read_files() -> list[Line]:
    """The lines of every file that sshd reads."""
    found: list[Line] = []
    waiting, seen = [MAIN], set()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        text = read(path)
        found += parse_file(str(path), text)
        waiting += [
            one for line in text.splitlines() for pattern in include_patterns(line) for one in expand(pattern)
        ]
    return found


def has_key(account: pwd.struct_passwd, settings: Settings) -> bool:
    """Whether some key may log in as this user, as far as can be told."""
    if any(
        first(settings, keyword, "none").startswith("/")
        for keyword in ("authorizedkeyscommand", "trustedusercakeys")
    ):
        return True
    for pattern in first(settings, "authorizedkeysfile").split():
        path = (
            pattern.replace("%h", account.pw_dir)
            .replace("%u", account.pw_name)
            .replace("%U", str(account.pw_uid))
        )
        if KEY.search(read(Path(account.pw_dir) / path)):
            return True
    return False


def login_methods() -> dict[int, str]:
    """How sessions logged in, by the client's port, as far as the journal knows."""
    said = run(JOURNAL).stdout
    return {
        int(port): method
        for method, port in re.findall(r"^Accepted (\S+) for .* port (\d+) ssh2", said, re.MULTILINE)
    }


def user_names() -> dict[int, str]:
    """Names by user id."""
    return {entry.pw_uid: entry.pw_name for entry in pwd.getpwall()}


def tun_holders() -> dict[int, str]:
    """Network devices that processes hold, by process (the kernel's Documentation/networking/tuntap)."""
    found = {}
    for info in PROC.glob("[0-9]*/fdinfo/*"):
        named = re.search(r"^iff:\t(\S+)", read(info), re.MULTILINE)
        if named:
            found[int(info.parts[2])] = named[1]
    return found


def outward_name(snapshot: Snapshot, connection: tuple[str, int, str, int]) -> str:
    """The program on the host that the operator's connection came in by; empty for none."""
    client, client_port, _, port = connection
    own = (
        one for one in snapshot.sockets if (one.peer, one.peer_port, one.port) == (client, client_port, port)
    )
    socket = next(own, None)
    through = outward(snapshot, socket) if socket else None
    return through.name if through else ""


def run(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The program's end; a program that is not there has said nothing."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        return subprocess.run(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(argv, 127, "", f"{argv[0]} is not there")
