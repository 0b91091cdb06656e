"""Look at the container engine and at how its client reaches it. Changes nothing and decides nothing."""

import grp
import json
import os
import pwd
import shutil
from contextlib import suppress
from pathlib import Path

from orchestrator.doctor.values import EngineStatus
from orchestrator.errors import EngineMissingError, ProviderError
from orchestrator.providers.sandbox.engine import Engine, detect, endpoint, free_mib
from orchestrator.providers.sandbox.engine_facts import EngineFacts
from orchestrator.providers.sandbox.image.recipe import recipe_for
from orchestrator.providers.sandbox.image.rootfs import RootfsCache

DOCKER_SOCKET = Path("/var/run/docker.sock")

_REGISTRY_IMAGE = "debian:12"
_REGISTRY_TIMEOUT_S = 15.0
_SCRIPT_HEAD_BYTES = 512


def look_at_engine(
    wish: str, limits: frozenset[str], cache: RootfsCache, *, has_mmdebstrap: bool
) -> EngineStatus:
    """Ask the wished engine, and look at what decides why it does not answer.

    Args:
        wish: `auto`, `docker` or `podman`.
        limits: of `cpu` and `memory`, what hosts shall be limited in.
        cache: where root file systems are kept.
        has_mmdebstrap: an image can be made from packages, so nobody else is asked for one.
    """
    facts, refusal = _detect(wish)
    # The slower questions only where their answers matter.
    at_hand = not has_mmdebstrap and _has_image(facts, cache)
    ask_registry = facts is not None and not has_mmdebstrap and not at_hand
    named = _named_endpoint()
    return EngineStatus(
        wish=wish,
        facts=facts,
        refusal=refusal,
        endpoint=named,
        podman_host=os.environ.get("CONTAINER_HOST", ""),
        socket_denied=is_socket_denied(named),
        in_group=_is_in_group_of(_socket(named)),
        snap=_is_snap(),
        shim=_is_shim(),
        limits=limits,
        free_mib=free_mib(facts) if facts else None,
        image_at_hand=at_hand,
        registry=_registry_answers(facts) if facts and ask_registry else None,
    )


def is_socket_denied(named: str = "") -> bool:
    """Whether the socket of the Docker daemon is there and this user may not use it.

    Args:
        named: an endpoint that the client was told of; empty for the usual one.
    """
    path = _socket(named)
    try:
        return path is not None and path.exists() and not os.access(path, os.R_OK | os.W_OK)
    except OSError:  # a folder above it that may not be looked into
        return True


def _socket(named: str) -> Path | None:
    if not named:
        return DOCKER_SOCKET
    return Path(named.removeprefix("unix://")) if named.startswith("unix://") else None


def _named_endpoint() -> str:
    """What DOCKER_HOST or the client's context names; the client itself is asked only where it has a context."""
    if "DOCKER_HOST" in os.environ:
        return os.environ["DOCKER_HOST"]
    context = os.environ.get("DOCKER_CONTEXT") or _current_context()
    if context in {"", "default"} or shutil.which("docker") is None:
        return ""
    return endpoint()


def _current_context() -> str:
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    with suppress(OSError, ValueError):
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if isinstance(config, dict):
            return str(config.get("currentContext") or "")
    return ""


def _is_in_group_of(socket: Path | None) -> bool:
    """Whether the user database lists this user in the socket's group while this process is not in it."""
    try:
        if socket is None:
            return False
        group = grp.getgrgid(socket.stat().st_gid)
        name = pwd.getpwuid(os.geteuid()).pw_name
    except (KeyError, OSError):
        return False
    return name in group.gr_mem and group.gr_gid not in {*os.getgroups(), os.getegid()}


def _is_snap() -> bool:
    """Programs of snaps are links to `snap` itself."""
    path = shutil.which("docker")
    return path is not None and (path.startswith("/snap/") or Path(path).resolve().name == "snap")


def _is_shim() -> bool:
    """Package podman-docker brings a script in Docker's name."""
    path = shutil.which("docker")
    try:
        with Path(path or os.devnull).open("rb") as program:
            head = program.read(_SCRIPT_HEAD_BYTES)
    except OSError:
        return False
    return head.startswith(b"#!") and b"podman" in head


def _detect(wish: str) -> tuple[EngineFacts | None, str]:
    try:
        return detect(wish), ""
    except EngineMissingError as error:
        return None, error.cause


def _has_image(facts: EngineFacts | None, cache: RootfsCache) -> bool:
    """Whether a host of the default fleet could be made without making an image first."""
    recipe = recipe_for("debian-12", user="admin")
    in_engine = facts is not None and Engine(facts).exists("image", recipe.name)
    return in_engine or cache.find(recipe) is not None


def _registry_answers(facts: EngineFacts) -> bool:
    try:
        Engine(facts).call("manifest", "inspect", _REGISTRY_IMAGE, timeout_s=_REGISTRY_TIMEOUT_S)
    except ProviderError:
        return False
    return True
