"""Jobs as transient units of systemd: started on their devices alone, asked to end, ended with all that they started.

Nothing of a job's environment or arguments is a property of its unit: those everybody can read. `gpuhost leases exec` takes them
from a file of the user's.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gpuhost import program, systemd
from gpuhost.files import write
from gpuhost.leases.containers.values import DOCKER, PODMAN
from gpuhost.leases.daemon.jobs import Job
from gpuhost.leases.places import END, ENDED, LOG, PROGRAM, SLICE, folder

PATTERN = "orchestrate-run-*.service"
GONE_S = 1.0
"""What is left of a job whose first process has died is killed after that time, so that its devices are free within two seconds."""
REMOVED_S = 15.0
"""The longest that Docker is given to remove a container, which it does in less than one."""
ENDED_SCRIPT = f"""cd "$1" && echo "$SERVICE_RESULT $EXIT_CODE $EXIT_STATUS" > {END}.new && mv {END}.new {END}
"""
"""A shell's, because Python may take longer to start than systemd waits: on a busy host the end of a job would not be known."""
LATE_S = 60.0
"""systemd ends a job so long after its time where this service has not."""
_CALL_S = 30.0


@dataclass(frozen=True)
class Confinement:
    """What a job may open."""

    allowed: tuple[str, ...]
    """Device nodes, and groups of them such as `char-nvidia-uvm`."""
    hidden: tuple[str, ...] = ()
    """Nodes that are not to be seen; where control groups do not keep a job from opening them."""

    def properties(self) -> tuple[str, ...]:
        """Those of systemd.resource-control(5) and systemd.exec(5)."""
        return (
            "DevicePolicy=closed",
            *(f"DeviceAllow={node} rwm" for node in self.allowed),
            *(f"InaccessiblePaths=-{node}" for node in self.hidden),
        )


class Units:
    """systemd's, as the service asks it."""

    def start(self, job: Job, confinement: Confinement, now: float) -> None:
        """Start it. Raises OSError or SubprocessError."""
        _call(*start_argv(job, confinement, now))

    def prepare(self) -> None:
        """Have what units run when they have ended. Raises OSError."""
        ENDED.parent.mkdir(mode=0o755, exist_ok=True)
        write(ENDED, ENDED_SCRIPT)

    def running(self) -> frozenset[str]:
        """Names of the units that run, start or are being ended. Raises OSError or SubprocessError."""
        argv = ("systemctl", "show", "--property=Id,ActiveState", PATTERN)
        found = systemd.shown_units(program.output(argv))
        return frozenset(
            unit["Id"] for unit in found if unit.get("ActiveState") not in ("inactive", "failed")
        )

    def signal(self, unit: str) -> None:
        """Ask every process of it to end. Raises OSError or SubprocessError."""
        _call("systemctl", "kill", "--signal=SIGTERM", unit)

    def stop(self, unit: str) -> None:
        """End it within GONE_S; does not wait for that. Raises OSError or SubprocessError."""
        _call("systemctl", "stop", "--no-block", unit)


def start_argv(job: Job, confinement: Confinement, now: float) -> tuple[str, ...]:
    """The call that starts a job."""
    own = folder(job.id)
    # Its first process speaks to Docker for it, as root, and is no part of the container.
    by_docker = job.engine == DOCKER
    properties = (
        *(("KillSignal=SIGKILL",) if by_docker else confinement.properties()),
        *(("Delegate=yes",) if job.engine == PODMAN else ()),
        f"RuntimeMaxSec={max((job.ends_at or now) - now, 1.0) + LATE_S:.0f}",
        "KillMode=control-group",
        f"TimeoutStopSec={REMOVED_S if by_docker else GONE_S:g}",
        f"StandardOutput=append:{own / LOG}",
        f"StandardError=append:{own / LOG}",
        # As root, and outside of what the job is confined to.
        f"ExecStopPost=+/bin/sh {ENDED} {own}",
        f"ExecStopPost=+{PROGRAM} leases ended {job.id}",
    )
    return (
        *("systemd-run", "--quiet", "--collect", "--no-ask-password"),
        f"--unit={job.unit}",
        f"--slice={SLICE}",
        f"--description=Job {job.id} of {job.user}",
        "--service-type=exec",
        *(() if by_docker else (f"--uid={job.uid}", f"--gid={job.gid}")),
        *(f"--property={each}" for each in properties),
        *(str(PROGRAM), "leases", "contain" if job.image else "exec", str(own)),
    )


def existing(nodes: Iterable[str]) -> tuple[str, ...]:
    """Those that are there: of others systemd would say that it cannot find them."""
    return tuple(node for node in nodes if not node.startswith("/") or Path(node).exists())


def _call(*argv: str) -> None:
    try:
        subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=_CALL_S, text=True
        )
    except subprocess.CalledProcessError as error:
        said = str(error.stderr).strip().splitlines()
        raise OSError(said[-1] if said else f"{argv[0]} ended with {error.returncode}") from error
