"""What keeps an engine that answers from running hosts, and what mends it. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from orchestrator.providers.sandbox.engine_facts import EngineFacts
from orchestrator.providers.settings import SandboxSettings

OLDEST = {"docker": (20, 10), "podman": (3, 4)}
"""Docker 20.10 knows `--cgroupns` and `create --pull`; Podman 3.4 is Ubuntu 22.04's."""

USER_IDS_NEEDED = 65536
"""Debian's `nobody` is 65534; files of users that cannot be told apart cannot be unpacked."""

ADD_USER_IDS = 'sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "$USER"'

DELEGATE = (
    r"`printf '[Service]\nDelegate=cpu cpuset io memory pids\n' | sudo install -D -m 0644 /dev/stdin "
    "/etc/systemd/system/user@.service.d/delegate.conf`, then `sudo systemctl daemon-reload`, then log in again"
)
"""Before systemd 252 a user's own tree had no controllers but memory and pids."""

LOG_IN_AGAIN = '`sudo loginctl enable-linger "$USER"`, then log in again, on the console or through ssh, not with su or sudo'
"""A user's systemd runs only in a session that was opened by a login."""

_LEADING = re.compile(r"\D*(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One thing that stands in the way."""

    seen: str
    hint: str


def limits_of(settings: SandboxSettings) -> frozenset[str]:
    """The controllers that the settings need."""
    wanted = {"cpu": settings.cpus, "memory": settings.memory_mib}
    return frozenset(name for name, value in wanted.items() if value is not None)


def obstacles(facts: EngineFacts, limits: Collection[str] = ()) -> tuple[Obstacle, ...]:
    """All that stands in the way of hosts here; empty when nothing does.

    Args:
        facts: of the engine.
        limits: of `cpu` and `memory`, what hosts shall be limited in.
    """
    found = (_age(facts), *_control_groups(facts), _users(facts), _limits(facts, limits))
    return tuple(each for each in found if each is not None)


def no_way_to_addresses(facts: EngineFacts) -> str:
    """Why this computer cannot reach containers by their own addresses, only by published ports; empty when it can."""
    if facts.virtual_machine:
        return f"{facts.program} runs its containers in a virtual machine"
    return f"{facts.program} is rootless" if facts.rootless else ""


def _age(facts: EngineFacts) -> Obstacle | None:
    name = "podman" if facts.podman else "docker"
    oldest, version = OLDEST[name], _LEADING.match(facts.version)
    if version is None or (int(version[1]), int(version[2])) >= oldest:
        return None
    needed = ".".join(map(str, oldest))
    return Obstacle(
        seen=f"{name} {facts.version} is older than {needed}", hint=f"upgrade it to {needed} or newer"
    )


def _control_groups(facts: EngineFacts) -> tuple[Obstacle | None, ...]:
    """A rootless engine hands on only what the user's own systemd was given."""
    if not facts.rootless:
        return ()
    who = f"{facts.program} is rootless"
    if facts.cgroup == 1:
        return (
            Obstacle(
                seen=f"{who} on cgroup v1, which gives a container's systemd no tree to write to",
                hint="use an engine that runs as root, or boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line",
            ),
        )
    if facts.cgroup_manager in {"cgroupfs", "none"}:
        return (
            Obstacle(
                seen=f"{who} and reaches no systemd of this user (cgroup manager {facts.cgroup_manager}), so a container's has no tree",
                hint=LOG_IN_AGAIN,
            ),
        )
    return ()


def _users(facts: EngineFacts) -> Obstacle | None:
    if facts.remaps_users:
        return Obstacle(
            seen="Docker remaps users (userns-remap), so a container's systemd may not write to its control groups",
            hint="take `userns-remap` out of /etc/docker/daemon.json, or use Podman: `engine: podman` under `sandbox:`",
        )
    if facts.user_ids is not None and facts.user_ids < USER_IDS_NEEDED:
        return Obstacle(
            seen=f"{facts.program} has {facts.user_ids} user ids for containers and {USER_IDS_NEEDED} are needed",
            hint=f"`{ADD_USER_IDS}`, then `podman system migrate`",
        )
    return None


def _limits(facts: EngineFacts, limits: Collection[str]) -> Obstacle | None:
    if facts.controllers is None or facts.controllers.issuperset(limits):
        return None
    lacking = ", ".join(sorted(set(limits) - facts.controllers))
    leave_out = "leave `cpus:` and `memory:` out of `sandbox:`"
    return Obstacle(
        seen=f"{facts.program} cannot limit hosts: it was not given the cgroup controller {lacking}",
        hint=f"{DELEGATE}; or {leave_out}" if facts.rootless else leave_out,
    )
