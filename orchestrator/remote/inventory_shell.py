"""A shell on a host of the user's own inventory: its commands go through Ansible's connection and become plugins.

Puts a file of its own on a host only where Ansible would too, for root's input where `become` needs a terminal; takes it away again.
"""

import base64
import re
from contextlib import suppress
from pathlib import Path

from orchestrator.ansible_hosts import HostConnection, SshCommand, open_inventory, refusal, route
from orchestrator.ansible_hosts.failures import (
    BEHIND_A_PROXY,
    Seen,
    failed_connection,
    may_pass,
    wants_terminal,
)
from orchestrator.ansible_hosts.identity import key_problem
from orchestrator.errors import OrchestrateError, SudoRefusedError, UnreachableError
from orchestrator.models import Host
from orchestrator.remote.host_keys import fingerprint, on_record
from orchestrator.remote.local import REPEAT, RUN_TIMEOUT_S, Completed
from orchestrator.remote.shell import write_by_command
from orchestrator.remote.transport import (
    OUTPUT_LIMIT,
    behind_mark,
    between_marks,
    command_line,
    new_mark,
)
from orchestrator.sanitize import sanitized, sanitized_line
from orchestrator.waiting import retried

_TIMED_OUT = 124
"""timeout(1) says so."""

_ASKS_FOR_PASSWORD = re.compile(r"sudo: (?:a password|interactive authentication) is required")
"""sudo and sudo-rs. The first is understood by Ansible's ssh plugin alone, the second by none."""

_WITHOUT_INPUT = 'exec "$@" < /dev/null'
_KEEP = 'umask 077; file=$(mktemp) || exit 1; base64 -d > "$file" && echo "$file"'
_FROM_FILE = 'file=$1; shift; "$@" < "$file"; code=$?; rm -f "$file"; exit "$code"'
"""Constant programs, run by sh; what varies comes as arguments."""


class InventoryShell:
    """A host of an inventory. Nothing is asked of it before the first command."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._connection: HostConnection | None = None

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Completed:
        """See `Shell.run`."""
        return self._run(argv if stdin else _without_input(argv), stdin or "\n", as_root=False)

    def run_as_root(self, argv: tuple[str, ...], stdin: str = "") -> Completed:
        """See `Shell.run_as_root`."""
        if self._at.takes_stdin_as_root:
            return self._run(argv if stdin else _without_input(argv), stdin or "\n", as_root=True)
        if not stdin:
            return self._run(_without_input(argv), "", as_root=True)
        kept = self._run(("sh", "-c", _KEEP, "sh"), base64.b64encode(stdin.encode()).decode(), as_root=False)
        if kept.exit_code != 0:
            return kept
        return self._run(("sh", "-c", _FROM_FILE, "sh", kept.stdout.strip(), *argv), "", as_root=True)

    def put(self, content: bytes, path: str) -> None:
        """See `Shell.put`."""
        write_by_command(self, self._host.name, content, path)

    def close(self) -> None:
        """See `Shell.close`."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    @property
    def _at(self) -> HostConnection:
        if self._connection is None:
            self._connection = open_inventory(Path(self._host.inventory)).connection(self._host.name)
        return self._connection

    def _run(self, argv: tuple[str, ...], stdin: str, *, as_root: bool) -> Completed:
        from ansible.errors import AnsibleConnectionFailure, AnsibleError

        at, mark = self._at, new_mark()
        line = command_line(("timeout", "-k", "5", str(RUN_TIMEOUT_S), *argv), mark)
        run = at.run_as_root if as_root else at.run
        try:
            ended = retried(
                lambda: run(line, stdin.encode()),
                lambda error: isinstance(error, AnsibleConnectionFailure) and may_pass(error),
            )
        except AnsibleError as error:
            raise failed_connection(at, _seen(at, str(error))) from error
        said, errors = (part[:OUTPUT_LIMIT].decode(errors="replace") for part in (ended.stdout, ended.stderr))
        stdout, stderr = between_marks(said, mark), between_marks(errors, mark)
        if stdout is None:
            raise self._never_started(at, f"{said} {errors}", ended.exit_code, as_root=as_root)
        if ended.exit_code == _TIMED_OUT:
            raise UnreachableError(f"{at.name}: `{argv[0]}` gave no answer for {RUN_TIMEOUT_S} s", REPEAT)
        return Completed(
            exit_code=ended.exit_code,
            # On a terminal both streams come as one, each with its marks.
            stdout=sanitized(stdout.replace(mark, "")),
            stderr=sanitized(stderr or ""),
            behind=sanitized_line(behind_mark(said, mark), limit=200),
        )

    def _never_started(self, at: HostConnection, said: str, code: int, *, as_root: bool) -> OrchestrateError:
        seen = sanitized_line(said, limit=200) or "it says nothing"
        user = at.user or "your user"
        if "must have a tty" in said:
            return wants_terminal(at.name, user)
        if as_root and _ASKS_FOR_PASSWORD.search(said):
            return failed_connection(at, Seen(said="Missing sudo password"))
        if as_root:
            return SudoRefusedError(
                f"{at.name}: {user} cannot become root there: {seen}",
                f"see that `orchestrate ssh {at.name} -- sudo true` works, or set ansible_become_method",
            )
        return UnreachableError(
            f"{at.name}: its login shell ends with {code} before it runs a command: {seen}",
            f"see that a shell of {user} there runs `true`: `orchestrate ssh {at.name} -- true`",
        )


def _without_input(argv: tuple[str, ...]) -> tuple[str, ...]:
    return ("sh", "-c", _WITHOUT_INPUT, "sh", *argv)


def _seen(at: HostConnection, said: str) -> Seen:
    """What can be learned of a connection that failed, beside what Ansible says."""
    unknown, key = "", None
    if BEHIND_A_PROXY in said and (command := at.ssh()):
        said, unknown = refusal(command) or said, _without_record(command)
    if "Permission denied" in said and at.key_file is not None:
        key = key_problem(at.key_file)
    return Seen(said=said, on_record=_key_on_record(said), unknown=unknown, key=key)


def _key_on_record(said: str) -> str:
    """Fingerprint of the key that OpenSSH says it expected; empty where it says none."""
    found = re.search(r"Offending \S+ key in (\S+):(\d+)", said)
    if found is None:
        return ""
    with suppress(OSError, ValueError, IndexError):
        words = Path(found[1]).read_text(encoding="utf-8").splitlines()[int(found[2]) - 1].split()
        return fingerprint(" ".join(words[1:3]))
    return ""


def _without_record(command: SshCommand) -> str:
    """The first server on the way whose key is not on record; empty where all are. A jump host's ssh does not name it."""
    for hop in route(command):
        if not on_record(hop.host, hop.port, hop.known_hosts):
            return hop.host if hop.port == 22 else f"[{hop.host}]:{hop.port}"
    return ""
