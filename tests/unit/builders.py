"""Values for tests; whatever a test does not care about has a default."""

from collections.abc import Callable

from orchestrator.models import Connection, Host, HostState
from orchestrator.providers.sandbox.engine_facts import EngineFacts
from orchestrator.remote import Completed

DOCKER = EngineFacts(
    program="docker", podman=False, version="20.10.24", rootless=False, cgroup=1, storage="/var/lib/docker"
)
"""A Docker on a host with cgroup v1."""

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4qPOeJ3kXkzq6eq8ZC0T4m7oTtdHk1zS8kLSsX5bQy"


def host(
    name: str = "lab-1",
    *,
    provider_id: str = "c0ffee",
    state: HostState = HostState.RUNNING,
    connection: Connection = Connection.SSH,
    port: int = 32768,
    host_key: str = HOST_KEY,
) -> Host:
    return Host(
        name=name,
        fleet="lab",
        provider_id=provider_id,
        distribution="debian-12",
        state=state,
        connection=connection,
        address="127.0.0.1",
        port=port,
        user="admin",
        host_key=host_key,
    )


AS_ROOT = "as root:"


class ScriptedShell:
    """A shell whose answers a function gives; what was run and put is kept, and AS_ROOT stands before what ran as root."""

    def __init__(self, answer: Callable[[tuple[str, ...]], Completed]) -> None:
        self._answer = answer
        self.ran: list[tuple[str, ...]] = []
        self.told: list[str] = []
        self.files: dict[str, bytes] = {}

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Completed:
        self.ran.append(argv)
        self.told.append(stdin)
        return self._answer(argv)

    def run_as_root(self, argv: tuple[str, ...], stdin: str = "") -> Completed:
        return self.run((AS_ROOT, *argv), stdin)

    def put(self, content: bytes, path: str) -> None:
        self.files[path] = content

    def close(self) -> None:
        self.ran.append(("close",))


def completed(stdout: str = "", *, exit_code: int = 0, stderr: str = "") -> Completed:
    return Completed(exit_code=exit_code, stdout=stdout, stderr=stderr)
