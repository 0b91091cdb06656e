"""A job's first process becomes the engine that runs its container.

gpuhost leases contain FOLDER     for Docker as root, for Podman as the job's user

What the job's user can write is taken for what is in the container alone: command and variables. All else is from what the service wrote.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from gpuhost.files import text
from gpuhost.leases.containers import command, docker, engines, mounts
from gpuhost.leases.containers.values import DOCKER, Container
from gpuhost.leases.places import LEASE, ORDER

NOT_STARTED = 125
"""As the engines end where there is no container."""
ID = "container.id"
"""In the job's folder: the container's, of Docker."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_REFRESH = ("systemctl", "restart", "nvidia-cdi-refresh.service")
_FETCH_S, _REFRESH_S = 6 * 3600.0, 30.0
_INITS = ("/usr/libexec/podman/catatonit", "/usr/bin/catatonit")


class NotStartedError(Exception):
    """There is no container; the text says why, and in a second line what to do."""


def contain(own: Path) -> int:
    """Become the engine; returns only where that cannot be."""
    lease: dict[str, Any] = json.loads((own / LEASE).read_text())
    for line in lease["lines"]:
        sys.stderr.write(f"gpuhost: {line}\n")
    told = lease["container"]
    container = Container(**{**told, "devices": tuple(told["devices"])})
    try:
        _look_at_cards(container)
        order: dict[str, Any] = json.loads((own / ORDER).read_text())
        argv = [str(word) for word in order["argv"]]
        asked = {str(name): str(value) for name, value in order["environment"].items()}
        if container.engine == DOCKER:
            _become_docker(own, container, argv, (asked, lease["environment"]))
        else:
            _become_podman(container, argv, (asked, lease["environment"]))
    except (NotStartedError, OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"gpuhost: {error}\n")
    return NOT_STARTED


def _become_docker(
    own: Path, container: Container, argv: list[str], told: tuple[dict[str, str], dict[str, str]]
) -> None:
    daemon = docker.daemon()
    if daemon is None:
        raise NotStartedError("Docker does not answer\n  try: sudo systemctl start docker")
    # What is the user's in these variables is not Docker's: it runs as root.
    surroundings = {"PATH": _PATH, "HOME": "/root"}
    if not docker.has_image(container.image):
        _fetch(container.image, surroundings)
    groups = [each for each in os.getgrouplist(container.user, container.gid) if each != container.gid]
    folder = _opened(container, groups)
    variables = command.variables(container, *told, daemon)
    places = {
        "folder": str(mounts.make(container.number, folder)),
        "environment": f"/proc/self/fd/{_listed(variables)}",
        "id": str(own / ID),
        "unit": group(container.number, text(Path("/proc/self/cgroup"))),
    }
    (own / ID).unlink(missing_ok=True)
    words = command.docker_argv(container, daemon, groups, places, argv)
    os.execvpe(words[0], words, surroundings)  # noqa: S606 - no shell is needed


def _become_podman(
    container: Container, argv: list[str], told: tuple[dict[str, str], dict[str, str]]
) -> None:
    variables = command.variables(container, *told, None)
    usual = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    runtime = f"/run/user/{os.getuid()}"
    if Path(runtime).is_dir():
        usual["XDG_RUNTIME_DIR"] = runtime
    init = any(Path(path).exists() for path in _INITS)
    words = command.podman_argv(container, tuple(variables), argv, init=init)
    os.chdir(container.folder)
    os.execvpe(words[0], words, {**variables, **usual, "PATH": _PATH})  # noqa: S606 - no shell is needed


def _look_at_cards(container: Container) -> None:
    """Have the engine know every card of the lease."""
    if _lacking(container) and os.geteuid() == 0 and shutil.which(_REFRESH[0]):
        subprocess.run(_REFRESH, capture_output=True, timeout=_REFRESH_S, check=False)
    if lacking := _lacking(container):
        raise NotStartedError(
            f"the CDI specification of this host has no {', '.join(lacking)}\n"
            "  try: sudo systemctl restart nvidia-cdi-refresh, then nvidia-ctk cdi list"
        )


def _lacking(container: Container) -> tuple[str, ...]:
    known = engines.specified()
    return tuple(each for each in container.devices if each not in known)


def _fetch(image: str, surroundings: dict[str, str]) -> None:
    sys.stderr.write(f"gpuhost: {image} is not on this host, and is fetched\n")
    done = subprocess.run(
        ("docker", "image", "pull", "--quiet", image),
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=_FETCH_S,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no answer"]
        raise NotStartedError(
            f"{image} is neither on this host nor to be had: {said[-1]}\n"
            "  try: its name with the registry, or have it loaded there by `sudo docker load`"
        )


def _opened(container: Container, groups: list[int]) -> int:
    """The folder, opened with the rights of its user."""
    os.setgroups(groups)
    os.setegid(container.gid)
    os.seteuid(container.uid)
    try:
        handle = os.open(container.folder, os.O_PATH | os.O_DIRECTORY)
        # It has to be one that they may go into as well.
        os.close(os.open(".", os.O_PATH | os.O_DIRECTORY, dir_fd=handle))
    except OSError as error:
        raise NotStartedError(f"{container.folder} cannot be opened: {error.strerror}") from error
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups([0])
    return handle


def _listed(variables: dict[str, str]) -> int:
    """A file of them that has no name, and goes with this process."""
    wrong = [name for name, value in variables.items() if "\n" in name + value]
    if wrong:
        raise NotStartedError(f"Docker takes no variable of several lines: {', '.join(wrong)}")
    handle = os.memfd_create("environment", 0)
    os.write(handle, "".join(f"{name}={value}\n" for name, value in variables.items()).encode())
    return handle


def group(number: int, own: str) -> str:
    """The control group for the container where Docker makes them itself: below this unit's, so that it ends with it. In version 2 one
    that has processes takes no other in; then it is one of the unit's name elsewhere. Pure.

    Args:
        number: the job's.
        own: this process' `/proc/self/cgroup`.
    """
    unit = f"orchestrate-run-{number}.service"
    lines = [line.split(":", 2) for line in own.splitlines() if line.count(":") > 1]
    paths = [path for _hierarchy, controllers, path in lines if controllers in ("", "name=systemd")]
    found = next((path for path in paths if path.endswith(f"/{unit}")), "")
    return found if found and len(lines) > 1 else f"/orchestrate-containers/{unit}"


def scopes(own: Path) -> frozenset[str]:
    """The unit that systemd makes of a container of Docker's, where it makes one."""
    found = text(own / ID).strip()
    return frozenset({f"docker-{found}.scope"} if found else ())
