"""What is known of this computer, and what follows from it. Values only, no I/O."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.ansible_hosts import AnsibleCore
from orchestrator.doctor.packages import Release
from orchestrator.providers.sandbox.engine_facts import EngineFacts


class Condition(StrEnum):
    """How one thing stands. Only OK lets `up` succeed."""

    OK = "ok"
    MISSING = "missing"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What `doctor --fix` does about a finding: install packages, then start the engine."""

    packages: tuple[str, ...] = ()
    """Names in this computer's distribution; apt is not asked for those that it does not have."""
    start_docker: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    name: str
    """Stable snake_case key, for example `container_engine`."""
    condition: Condition
    seen: str
    hint: str
    """What to type or do; empty when nothing needs it."""
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
    endpoint: str = ""
    """Where the Docker client was told to look, by DOCKER_HOST or its context; empty for the daemon's usual socket."""
    podman_host: str = ""
    """CONTAINER_HOST of the environment; empty where Podman works by itself."""
    socket_denied: bool = False
    """The daemon's socket is there, and this user may not use it."""
    in_group: bool = False
    """The user database has this user in the group of that socket, and this session has not: it began before."""
    snap: bool = False
    """`docker` is a snap, which is confined."""
    shim: bool = False
    """`docker` is a script that runs Podman."""
    limits: frozenset[str] = frozenset()
    """Of `cpu` and `memory`, what the fleet file limits hosts in."""
    free_mib: int | None
    """Free space where the engine keeps images; None where this computer cannot see that."""
    image_at_hand: bool
    """The default image is in the engine or the cache. Not looked for where one can be made from packages."""
    registry: bool | None
    """Whether a registry gives out Debian's image; None when it was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRights:
    """What this user may do that containers without root rest on."""

    root: bool
    subordinate_ids: int
    """Users that /etc/subuid gives this one for containers."""
    namespaces: str
    """The setting that would let users make namespaces, as `name=value`; empty where they may."""
    unprofiled: frozenset[str]
    """Programs that would need a profile of AppArmor to make a namespace, and have none where they lie."""
    tunnels: bool
    """The user may open /dev/net/tun, which a network without root begins at."""
    lingers: bool
    """The user's systemd, and what it runs, outlive the last session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that `judge` needs to know."""

    python: tuple[int, int]
    has_venv: bool
    ansible: AnsibleCore | None
    """The one whose `ansible-playbook` lies beside the running Python; None without."""
    programs: frozenset[str]
    """Of the programs that matter, those on PATH or where daemons lie."""
    release: Release
    user: UserRights
    images: str
    """The folder that root file systems are kept in."""
    home: str
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
