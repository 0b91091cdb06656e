"""What the user wants, read and checked: `fleet.yml` < environment < flags. Never asks a provider anything."""

from orchestrator.config.load import json_schema, load_fleet
from orchestrator.config.spec import (
    CLOUDS,
    DISTRIBUTIONS,
    ROLES,
    FleetSpec,
    HostEntry,
    OnpremSpec,
    SandboxSpec,
    ValidationSpec,
)

__all__ = [
    "CLOUDS",
    "DISTRIBUTIONS",
    "ROLES",
    "FleetSpec",
    "HostEntry",
    "OnpremSpec",
    "SandboxSpec",
    "ValidationSpec",
    "json_schema",
    "load_fleet",
]
