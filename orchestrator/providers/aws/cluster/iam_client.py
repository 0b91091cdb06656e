"""The calls of IAM that are made here, for the type checker. Decides nothing."""

from collections.abc import Sequence
from typing import Any, Protocol

Answer = dict[str, Any]


class IamClient(Protocol):
    """What boto3's client of IAM has of them. Each takes and returns what AWS's reference says."""

    def create_role(
        self,
        *,
        RoleName: str,
        Path: str,
        AssumeRolePolicyDocument: str,
        Description: str = ...,
        Tags: Sequence[dict[str, str]] = ...,
    ) -> Answer:
        """CreateRole."""

    def get_role(self, *, RoleName: str) -> Answer:
        """GetRole."""

    def put_role_policy(self, *, RoleName: str, PolicyName: str, PolicyDocument: str) -> Answer:
        """PutRolePolicy."""

    def delete_role_policy(self, *, RoleName: str, PolicyName: str) -> Answer:
        """DeleteRolePolicy."""

    def delete_role(self, *, RoleName: str) -> Answer:
        """DeleteRole."""

    def create_instance_profile(
        self, *, InstanceProfileName: str, Path: str = ..., Tags: Sequence[dict[str, str]] = ...
    ) -> Answer:
        """CreateInstanceProfile."""

    def get_instance_profile(self, *, InstanceProfileName: str) -> Answer:
        """GetInstanceProfile."""

    def add_role_to_instance_profile(self, *, InstanceProfileName: str, RoleName: str) -> Answer:
        """AddRoleToInstanceProfile."""

    def remove_role_from_instance_profile(self, *, InstanceProfileName: str, RoleName: str) -> Answer:
        """RemoveRoleFromInstanceProfile."""

    def delete_instance_profile(self, *, InstanceProfileName: str) -> Answer:
        """DeleteInstanceProfile."""

    def list_roles(self, *, PathPrefix: str) -> Answer:
        """ListRoles."""
