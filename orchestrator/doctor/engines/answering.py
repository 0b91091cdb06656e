"""Whether an engine that answers can run hosts here. Pure."""

from collections.abc import Iterator
from pathlib import PurePath
from urllib.parse import urlsplit

from orchestrator.doctor.findings import bad, good, lacking, typed
from orchestrator.doctor.packages import Need, packages
from orchestrator.doctor.values import EngineStatus, Facts, Finding
from orchestrator.providers.sandbox.engine_facts import EngineFacts
from orchestrator.providers.sandbox.support import obstacles

STORAGE_NEEDED_MIB = 4096
"""One host: 260 MiB of image, its training environment 1.6 GiB, data sets and packages, and as much again to unpack."""

_NAME = "container_engine"
_FIRST_WITH_NETAVARK = 4
"""Before, plugins of CNI made Podman's networks."""
_LOOPBACK = {"localhost", "127.0.0.1", "::1", None}


def judge_engine(facts: Facts, status: EngineStatus, engine: EngineFacts) -> tuple[Finding, ...]:
    """All that matters of it: can it run systemd, can this computer reach it, has it networks and room."""
    broken = tuple(_obstacles(facts, status, engine))
    found = broken or (good(_NAME, _described(engine), _outlives(facts, engine)),)
    network = (_networks(facts, engine),) if engine.podman else ()
    return (*found, *network, _storage(status, engine))


def elsewhere(endpoint: str) -> bool:
    """Whether an endpoint is on another computer: ports that it publishes are published there."""
    parts = urlsplit(endpoint)
    return parts.scheme in {"ssh", "tcp", "http", "https"} and (
        parts.scheme == "ssh" or parts.hostname not in _LOOPBACK
    )


def _obstacles(facts: Facts, status: EngineStatus, engine: EngineFacts) -> Iterator[Finding]:
    endpoint = status.podman_host if engine.podman else status.endpoint
    if elsewhere(endpoint):
        hint = (
            "unset CONTAINER_HOST"
            if engine.podman
            else "`unset DOCKER_HOST` and `docker context use default`"
        )
        yield bad(
            _NAME, f"{engine.program} is on another computer ({endpoint}), and so would be its hosts", hint
        )
    if status.snap and not engine.podman and _is_closed_to_snaps(facts):
        seen = f"docker is a snap, which may not read {facts.images}"
        yield bad(_NAME, seen, _way_out_of_snap(facts))
    for each in obstacles(engine, status.limits):
        yield bad(_NAME, f"{_described(engine)}: {each.seen}", each.hint)


def _described(engine: EngineFacts) -> str:
    owner = "rootless" if engine.rootless else "rootful"
    name = "podman" if engine.podman else "docker"
    alias = f" as {engine.program}" if engine.program != name else ""
    return f"{name} {engine.version}{alias}, {owner}, cgroup v{engine.cgroup}"


def _outlives(facts: Facts, engine: EngineFacts) -> str:
    """A user's systemd ends with the last session, and the containers with it."""
    if not engine.rootless or engine.virtual_machine or facts.user.lingers or not facts.systemd:
        return ""
    return "loginctl enable-linger  # else the hosts end when you log out"


def _is_closed_to_snaps(facts: Facts) -> bool:
    """A snap sees of a home what is not hidden, and nothing of other folders."""
    images, home = PurePath(facts.images), PurePath(facts.home)
    if not images.is_relative_to(home) or not home.is_relative_to("/home"):
        return True
    return any(part.startswith(".") for part in images.relative_to(home).parts)


def _way_out_of_snap(facts: Facts) -> str:
    if PurePath(facts.home).is_relative_to("/home"):
        return 'export XDG_CACHE_HOME="$HOME/cache"  # a folder that is not hidden; or install docker.io in place of the snap'
    return "`snap remove docker`, then `orchestrate doctor --fix` installs Debian's package"


def _networks(facts: Facts, engine: EngineFacts) -> Finding:
    """Networks with a name, on which hosts find each other, are made by programs that Podman's package merely recommends."""
    name = "container_network"
    absent = []
    if _major(engine) >= _FIRST_WITH_NETAVARK:
        absent += [each for each in ("netavark", "aardvark-dns") if each not in facts.programs]
        absent += [each for each in (_rule_maker(facts),) if each not in facts.programs]
    if engine.rootless and not {"slirp4netns", "pasta"} & facts.programs:
        absent.append("slirp4netns or pasta")
    if absent and not engine.virtual_machine:
        return lacking(facts, name, f"podman lacks {', '.join(absent)}", Need.PODMAN)
    if engine.rootless and not facts.user.tunnels and not engine.virtual_machine:
        hint = (
            f"`{typed(facts, ('modprobe', 'tun'))}`, then `{typed(facts, ('chmod', '0666', '/dev/net/tun'))}`"
        )
        return bad(name, "podman is rootless, and this user may not open /dev/net/tun", hint)
    return good(name, "what podman needs to make networks")


def _rule_maker(facts: Facts) -> str:
    """The program that netavark makes a network's rules with; elsewhere than on Debian the package brings the right one."""
    if "nftables" in packages(facts.release, Need.PODMAN):
        return "nft"
    return "iptables" if facts.release.family == "debian" or "nft" not in facts.programs else "nft"


def _major(engine: EngineFacts) -> int:
    number = engine.version.partition(".")[0]
    return int(number) if number.isdecimal() else 0


def _storage(status: EngineStatus, engine: EngineFacts) -> Finding:
    if status.free_mib is None:
        return good("storage", "the engine's disk cannot be seen from here")
    seen = f"{status.free_mib} MiB free for containers"
    if engine.storage_driver == "vfs":
        seen += ", of which each host takes an image's whole size: the storage driver is vfs"
    if status.free_mib >= STORAGE_NEEDED_MIB:
        return good("storage", seen)
    hint = f"free some space, {STORAGE_NEEDED_MIB} MiB are needed: `{engine.program} system df` shows what takes it"
    return bad("storage", f"only {seen}", hint)
