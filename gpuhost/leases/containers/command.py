"""The engine's command line for a job. Pure.

A container has no rights beyond its user's: it runs by their number, without capabilities and without any way to gain some, and sees of
the host's files its own folder alone. It has the host's network and its shared memory, as the job would without a container.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gpuhost.leases.containers.docker import READS_CDI, Daemon
from gpuhost.leases.containers.values import CARDS, Container
from gpuhost.leases.places import SLICE

_CONFINED = ("--cap-drop", "ALL", "--security-opt", "no-new-privileges")
_SHARED = ("--network", "host", "--ipc", "host")
HOME = "/tmp"  # noqa: S108  the container's own
"""Frameworks want to write to it, and the user's own is not there."""


def variables(
    container: Container, asked: Mapping[str, str], leased: Mapping[str, str], daemon: Daemon | None
) -> dict[str, str]:
    """What is in the container's environment beside what its image says."""
    named = {"HOME": HOME, "USER": container.user, "LOGNAME": container.user, "PYTHONUNBUFFERED": "1"}
    # An older Docker's runtime reads them from here; newer images for it say `all`, and mean all that they were given.
    visible = ",".join(container.devices) or "void"
    runtime = {"NVIDIA_VISIBLE_DEVICES": visible} if _by_runtime(daemon) else {}
    return {**named, **asked, **leased, **runtime}


def docker_argv(
    container: Container,
    daemon: Daemon,
    groups: Sequence[int],
    places: Mapping[str, str],
    argv: Sequence[str],
) -> tuple[str, ...]:
    """Docker's.

    Args:
        container: what it is to have.
        daemon: what runs it.
        groups: of the user, besides their own.
        places: `folder`, by which the daemon finds the folder; `environment` and `id`, the files of variables and of the container's id;
            `unit`, the job's control group.
        argv: the command.
    """
    mounts = [_mount(places["folder"], container.folder)]
    if container.pipes:
        mounts.append(_mount(container.pipes, container.pipes))
    named = [("--device", f"{CARDS}={each}") for each in container.devices]
    devices = [("--runtime", "nvidia")] if _by_runtime(daemon) and container.devices else named
    return (
        *("docker", "run", "--rm", "--init", "--name", container.name, "--cidfile", places["id"]),
        *("--cgroup-parent", SLICE if daemon.systemd_groups else places["unit"]),
        *("--user", f"{container.uid}:{container.gid}"),
        *(word for group in groups for word in ("--group-add", str(group))),
        *_CONFINED,
        *_SHARED,
        *("--log-driver", "none", "--env-file", places["environment"]),
        *(word for mount in mounts for word in ("--mount", mount)),
        *("--workdir", container.folder),
        *(word for device in devices for word in device),
        container.image,
        *argv,
    )


def podman_argv(
    container: Container, names: Sequence[str], argv: Sequence[str], *, init: bool
) -> tuple[str, ...]:
    """Podman's, run by the user: its processes stay in the job's unit.

    Args:
        container: what it is to have.
        names: of variables, whose values Podman's own environment has.
        argv: the command.
        init: whether there is a program to be the container's first.
    """
    mounts = [_mount(path, path) for path in (container.folder, container.pipes) if path]
    return (
        *("podman", "run", "--rm", *(("--init",) if init else ()), "--name", container.name),
        *("--cgroups", "split", "--userns", "keep-id"),
        *_CONFINED,
        *_SHARED,
        *("--log-driver", "none", "--env", f"HOME={HOME}"),
        *(word for name in names if name != "HOME" for word in ("--env", name)),
        *(word for mount in mounts for word in ("--mount", mount)),
        *("--workdir", container.folder),
        *(word for each in container.devices for word in ("--device", f"{CARDS}={each}")),
        container.image,
        *argv,
    )


def _by_runtime(daemon: Daemon | None) -> bool:
    return daemon is not None and daemon.version < READS_CDI


def _mount(source: str, target: str) -> str:
    """The engines read it as a line of CSV."""
    return f"type=bind,{_quoted('source', source)},{_quoted('target', target)}"


def _quoted(name: str, path: str) -> str:
    field = f"{name}={path}"
    doubled = field.replace('"', '""')
    return f'"{doubled}"' if "," in field or '"' in field else field
