"""Look at this computer. Changes nothing and decides nothing."""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from platformdirs import user_cache_path

from orchestrator.doctor.values import EngineStatus, Facts
from orchestrator.errors import EngineMissingError, ProviderError
from orchestrator.journal import state_dir
from orchestrator.providers.sandbox.engine import Engine, EngineFacts, detect, free_mib
from orchestrator.providers.sandbox.image.recipe import recipe_for
from orchestrator.providers.sandbox.image.rootfs import RootfsCache

DOCKER_SOCKET = Path("/var/run/docker.sock")

_PROGRAMS = ("ssh", "ssh-keygen", "docker", "dockerd", "podman", "mmdebstrap")
_DAEMON_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Not on every user's PATH, but that is where daemons lie."""

_REGISTRY_IMAGE = "debian:12"
_REGISTRY_TIMEOUT_S = 15.0
_SUDO_TIMEOUT_S = 10.0


def probe(engine: str | None) -> Facts:
    """Look at everything.

    Args:
        engine: `auto`, `docker` or `podman`; None when no containers are wanted.
    """
    state, cache = state_dir(), user_cache_path("orchestrate")
    programs = frozenset(filter(_is_program, _PROGRAMS))
    return Facts(
        python=(sys.version_info.major, sys.version_info.minor),
        has_venv=importlib.util.find_spec("ensurepip") is not None,
        has_ansible=Path(sys.executable).with_name("ansible-playbook").exists(),
        programs=programs,
        apt=_is_debian_like(),
        root_prefix=_root_prefix(),
        systemd=Path("/run/systemd/system").is_dir(),
        unwritable=tuple(filter(None, map(_why_unwritable, (state, cache)))),
        state_free_mib=shutil.disk_usage(_nearest_existing(state)).free // 2**20,
        engine=None
        if engine is None
        else _look_at_engine(engine, RootfsCache(cache / "images"), has_mmdebstrap="mmdebstrap" in programs),
    )


def is_socket_denied() -> bool:
    """Whether the Docker daemon's socket is there and this user may not use it."""
    return DOCKER_SOCKET.exists() and not os.access(DOCKER_SOCKET, os.R_OK | os.W_OK)


def _is_program(name: str) -> bool:
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_DAEMON_FOLDERS))
    return shutil.which(name, path=path) is not None


def _is_debian_like() -> bool:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return False
    return bool({"debian", "ubuntu"} & {release["ID"], *release.get("ID_LIKE", "").split()})


def _root_prefix() -> tuple[str, ...] | None:
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") is None:
        return None
    if sys.stdin.isatty():
        return ("sudo",)  # it can ask for the password
    quiet = subprocess.run(
        ("sudo", "-n", "true"),
        capture_output=True,
        timeout=_SUDO_TIMEOUT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return ("sudo",) if quiet.returncode == 0 else None


def _why_unwritable(folder: Path) -> str:
    existing = _nearest_existing(folder)
    if not existing.is_dir():
        return f"{existing} is not a folder"
    return "" if os.access(existing, os.W_OK | os.X_OK) else f"{existing} is not writable"


def _nearest_existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _look_at_engine(wish: str, cache: RootfsCache, *, has_mmdebstrap: bool) -> EngineStatus:
    facts, refusal = _detect(wish)
    # The slower questions only where their answers matter.
    at_hand = not has_mmdebstrap and _has_image(facts, cache)
    ask_registry = facts is not None and not has_mmdebstrap and not at_hand
    return EngineStatus(
        wish=wish,
        facts=facts,
        refusal=refusal,
        docker_host=os.environ.get("DOCKER_HOST", ""),
        socket_denied=is_socket_denied(),
        free_mib=free_mib(facts) if facts else None,
        image_at_hand=at_hand,
        registry=_registry_answers(facts) if facts and ask_registry else None,
    )


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
