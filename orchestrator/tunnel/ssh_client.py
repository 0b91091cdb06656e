"""What the OpenSSH client is told, and what its words on standard error mean. Starts nothing."""

from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.errors import HostKeyError, OrchestrateError, UnreachableError, UsageError
from orchestrator.tunnel.ports import LOOPBACK

ALIVE_INTERVAL_S = 5
ALIVE_COUNT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SshTarget:
    """The way to a socket of a host."""

    host: str
    """Its name, for messages."""
    program: str = "ssh"
    """The OpenSSH client."""
    words: tuple[str, ...]
    """What tells ssh where the host is, and whose keys hold: `-F <run folder>/ssh_config lab-1`."""
    target: str
    """On the host: `127.0.0.1:5901`, or the path of a Unix socket."""
    run_folder: Path
    """Of the fleet; what is left of a tunnel is found by it."""
    trust_hint: str
    """What to type when the host was replaced."""
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    """What ssh is started with beside the environment; where it is not empty, ssh may ask for a password, and finds it there."""


def tunnel_argv(target: SshTarget, port: int) -> tuple[str, ...]:
    """One tunnel and nothing else; it ends when the host is silent for a quarter of a minute. Asks nobody anything."""
    options = {
        "BatchMode": "no" if target.environment else "yes",
        "StrictHostKeyChecking": "yes",
        "ExitOnForwardFailure": "yes",
        "ServerAliveInterval": ALIVE_INTERVAL_S,
        "ServerAliveCountMax": ALIVE_COUNT,
        # A connection that is shared with the user's other sessions would not end with this process.
        "ControlMaster": "no",
        "ControlPath": "none",
        "LogLevel": "INFO",
    }
    pairs = (word for name, value in options.items() for word in ("-o", f"{name}={value}"))
    return (
        target.program,
        "-N",
        "-a",
        "-x",
        *pairs,
        "-L",
        f"{LOOPBACK}:{port}:{target.target}",
        *target.words,
    )


def exit_error(said: str, target: SshTarget, port: int) -> OrchestrateError:
    """The error that ssh's words stand for."""
    if "No ED25519 host key is known" in said or "host key is known for" in said:
        return HostKeyError(f"{target.host}: no host key is on record", target.trust_hint)
    if "Host key verification failed" in said or "HOST IDENTIFICATION HAS CHANGED" in said:
        return HostKeyError(
            f"{target.host} shows another host key than the one on record: the host was replaced, or somebody stands in between",
            target.trust_hint,
        )
    if "Address already in use" in said or "cannot listen to port" in said:
        return UsageError(
            f"port {port} of this computer is in use", "another --port, or none: a free one is found"
        )
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "it ended without a word")
    if "Permission denied" in said:
        return UnreachableError(
            f"{target.host} does not let you in: {last}", "check that your key is in authorized_keys there"
        )
    return UnreachableError(f"{target.host} is not reached by SSH: {last}", "orchestrate status")
