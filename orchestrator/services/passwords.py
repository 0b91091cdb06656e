"""Where passwords of services lie on a host: in the user's home, readable for the user alone. Never in an argument."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from orchestrator.errors import OrchestrateError
from orchestrator.remote import Shell
from orchestrator.sanitize import sanitized_line

_FOLDER = PurePosixPath(".config/orchestrate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """A file on a host with one line: where it is and how it is read, not what it says."""

    user: str
    path: str
    """On the host, `~alice/.config/orchestrate/vnc-password`."""
    argv: tuple[str, ...]
    """Prints it, for whoever logs in there."""


def login_of(shell: Shell) -> str:
    """The user that a shell is. Raises UnreachableError."""
    return shell.run(("id", "-un")).stdout.strip()


def password_of(service: str, *, user: str, login: str) -> Password:
    """The password file of a user.

    Args:
        service: `vnc` or `web`.
        user: whose.
        login: who logs in on the host; sudo makes another user of them.
    """
    file = str(_FOLDER / f"{service}-password")
    become = () if user == login else ("sudo", "-n", "-i", "-u", user)
    return Password(user=user, path=f"~{user}/{file}", argv=(*become, "cat", file))


def text_of(password: Password, shell: Shell, host: str) -> str:
    """What it says.

    Raises:
        OrchestrateError: there is no such file, or it may not be read.
        UnreachableError: no connection, or it broke.
    """
    # Root may be anybody without a password, whatever made root of us.
    run = shell.run_as_root if password.argv[0] == "sudo" else shell.run
    answer = run(password.argv)
    if answer.exit_code != 0 or not answer.stdout.strip():
        seen = sanitized_line(answer.stderr, limit=200) or "it is empty"
        raise OrchestrateError(
            f"{password.path} on {host} cannot be read: {seen}",
            "`orchestrate up` makes one, unless you set a hash of your own: nobody can read that one",
        )
    return answer.stdout.strip().splitlines()[-1]
