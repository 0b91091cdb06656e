"""The sections of `fleet.yml`: their keys, types, bounds and defaults. Pure: no file, no environment."""

from orchestrator.config.sections.base import Section, Whole, no_repetition
from orchestrator.config.sections.cluster import SHARED_FOLDER, ClusterSpec
from orchestrator.config.sections.hosts import OnpremSpec, SandboxSpec
from orchestrator.config.sections.rented import AwsSpec, LimitsSpec
from orchestrator.config.sections.services import Service, WebSpec, roles_of
from orchestrator.config.sections.training import StackSpec, ValidationSpec

__all__ = [
    "SHARED_FOLDER",
    "AwsSpec",
    "ClusterSpec",
    "LimitsSpec",
    "OnpremSpec",
    "SandboxSpec",
    "Section",
    "Service",
    "StackSpec",
    "ValidationSpec",
    "WebSpec",
    "Whole",
    "no_repetition",
    "roles_of",
]
