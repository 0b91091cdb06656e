"""What the user wants, read and checked: `fleet.yml` < environment < flags. Never asks a provider anything."""

from orchestrator.config.load import json_schema, load_fleet
from orchestrator.config.sections import (
    AwsSpec,
    LimitsSpec,
    OnpremSpec,
    SandboxSpec,
    StackSpec,
    ValidationSpec,
)
from orchestrator.config.spec import CLOUDS, DISTRIBUTIONS, ROLES, FleetSpec, HostEntry

__all__ = [
    "CLOUDS",
    "DISTRIBUTIONS",
    "ROLES",
    "AwsSpec",
    "FleetSpec",
    "HostEntry",
    "LimitsSpec",
    "OnpremSpec",
    "SandboxSpec",
    "StackSpec",
    "ValidationSpec",
    "json_schema",
    "load_fleet",
]
