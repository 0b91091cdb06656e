"""What is known of this computer, and what follows from it. Values only, no I/O."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.providers.sandbox.engine import EngineFacts


class Condition(StrEnum):
    """How one thing stands. Only OK lets `up` succeed."""

    OK = "ok"
    MISSING = "missing"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What `doctor --fix` does about a finding: install packages, then start the engine."""

    packages: tuple[str, ...] = ()
    """Names in Debian and Ubuntu; those that a release does not have are left out."""
    start_docker: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    name: str
    """Stable snake_case key, for example `container_engine`."""
    condition: Condition
    seen: str
    hint: str
    """What to type or do; empty when all is well."""
    remedy: Remedy | None
    """What `--fix` would do; None when it can do nothing here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """What was seen of container engines."""

    wish: str
    """`auto`, `docker` or `podman`."""
    facts: EngineFacts | None
    """Of the engine that answers; None when none does."""
    refusal: str
    """Why none answers; empty when one does."""
    docker_host: str
    """DOCKER_HOST of the environment; empty for the daemon on this computer."""
    socket_denied: bool
    """The daemon's socket is there, and this user may not use it."""
    free_mib: int | None
    """Free space where the engine keeps images; None where this computer cannot see that."""
    image_at_hand: bool
    """The default image is in the engine or the cache. Not looked for where one can be made from packages."""
    registry: bool | None
    """Whether a registry gives out Debian's image; None when it was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that `judge` needs to know."""

    python: tuple[int, int]
    has_venv: bool
    has_ansible: bool
    """`ansible-playbook` lies beside the running Python."""
    programs: frozenset[str]
    """Of the programs that matter, those on PATH or where daemons lie."""
    apt: bool
    """Debian, Ubuntu, or one of their children."""
    root_prefix: tuple[str, ...] | None
    """What stands before a command to run it as root: nothing, `sudo`, or None when this user cannot."""
    systemd: bool
    """systemd is process 1."""
    unwritable: tuple[str, ...]
    """Our folders that cannot be made or written, and why."""
    state_free_mib: int
    """Free space where run folders lie."""
    engine: EngineStatus | None
    """None when no containers are wanted."""
