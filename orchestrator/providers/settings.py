"""What the fleet file may say about each provider, as plain values. No I/O, so that `config` can build them."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """Containers on this computer."""

    engine: str = "auto"
    """`docker`, `podman`, or `auto`: Docker if it answers, else Podman."""
    image: str = ""
    """Registry reference to start from; empty means the distribution's official one."""
    cpus: float | None = None
    """CPUs that one host may use; None means all."""
    memory_mib: int | None = None
    """Memory that one host may use; None means all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnpremSettings:
    """Hosts that exist already."""

    inventory: Path
    """An Ansible inventory: a file, a folder or a script."""
    limit: str = "all"
    """Ansible host pattern: which of its hosts belong to the fleet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """Settings of every provider; the fleet's cloud decides which are read."""

    sandbox: SandboxSettings = field(default_factory=SandboxSettings)
    onprem: OnpremSettings | None = None
