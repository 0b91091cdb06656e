"""The sections of `fleet.yml` for hosts that cost nothing: `sandbox:` and `onprem:`. Asks for nothing but the home of `~`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from orchestrator.config.sections.base import Number, Section, Whole


class SandboxSpec(Section):
    """`sandbox:`, for hosts that are containers on this computer."""

    engine: Literal["auto", "docker", "podman"] = Field(
        default="auto", description="Container engine: auto (the first that answers), docker or podman."
    )
    image: str = Field(
        default="",
        description="Base image to start from. Empty: Debian's own, or one made from its packages.",
    )
    cpus: Number | None = Field(
        default=None, gt=0, description="CPUs that each host may use. Default: all of this computer's."
    )
    memory_mib: Whole | None = Field(
        default=None,
        ge=512,
        description="Memory in MiB that each host may use, at least 512. Default: no limit.",
    )


class OnpremSpec(Section):
    """`onprem:`, for hosts that exist."""

    inventory: Annotated[Path, AfterValidator(Path.expanduser)] = Field(
        default=Path("inventories/lab"),
        description="Ansible inventory, a file or folder, seen from the working directory.",
    )
    limit: str = Field(
        default="all", min_length=1, description="Ansible host pattern: which hosts of the inventory."
    )
