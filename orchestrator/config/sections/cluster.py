"""`cluster:`, several hosts under Slurm. Pure: no file, no environment."""

from typing import Literal

from pydantic import Field

from orchestrator.config.sections.base import Number, Section, Whole

SHARED_FOLDER = "/shared"
"""Where hosts have the folder that they share, where the fleet file says nothing else."""


class ClusterSpec(Section):
    """`cluster:`, one queue for all hosts of the fleet."""

    enabled: bool = Field(
        default=False,
        description="Put the fleet's hosts under Slurm, which gives out their GPUs instead of leases (--cluster).",
    )
    controller: Literal["first", "own"] = Field(
        default="first",
        description="Which host has Slurm's controller: first (the first host, which also computes), or own (the first host, "
        "which does not).",
    )
    shared_folder: str = Field(
        default="",
        pattern=r"^(/[A-Za-z0-9._-]+)*$",
        description="Path of a folder that all hosts see already. Empty: /shared, on the sandbox a volume, elsewhere by NFS from "
        "the controller.",
    )

    idle_minutes: Number = Field(
        default=0,
        ge=0,
        description="On AWS: minutes after which a host without a job is stopped; the next job that needs it starts it. 0: never.",
    )
    max_hosts: Whole = Field(
        default=0,
        ge=0,
        description="On AWS, with `idle_minutes`: how many hosts that compute Slurm lets run at once. 0: all.",
    )

    def roles(self, *, volume: bool) -> tuple[str, ...]:
        """The roles that a cluster brings.

        Args:
            volume: the hosts have their shared folder from the provider.
        """
        if not self.enabled:
            return ()
        return ("slurm",) if volume or self.shared_folder else ("nfs", "slurm")
