"""Apply the roles to the hosts on which something changed since they were applied."""

from orchestrator.stages.converge.roles import RoleRunner

__all__ = ["RoleRunner"]
