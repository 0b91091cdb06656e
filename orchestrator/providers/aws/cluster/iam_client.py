"""The calls of IAM that are made here, for the type checker. Decides nothing."""

from typing import Any, Protocol


class IamClient(Protocol):
    """What boto3's client of IAM has of them. Each takes and returns what AWS's reference says."""

    def create_role(self, **given: object) -> dict[str, Any]:
        """CreateRole."""

    def get_role(self, **given: object) -> dict[str, Any]:
        """GetRole."""

    def put_role_policy(self, **given: object) -> dict[str, Any]:
        """PutRolePolicy."""

    def delete_role_policy(self, **given: object) -> dict[str, Any]:
        """DeleteRolePolicy."""

    def delete_role(self, **given: object) -> dict[str, Any]:
        """DeleteRole."""

    def create_instance_profile(self, **given: object) -> dict[str, Any]:
        """CreateInstanceProfile."""

    def get_instance_profile(self, **given: object) -> dict[str, Any]:
        """GetInstanceProfile."""

    def add_role_to_instance_profile(self, **given: object) -> dict[str, Any]:
        """AddRoleToInstanceProfile."""

    def remove_role_from_instance_profile(self, **given: object) -> dict[str, Any]:
        """RemoveRoleFromInstanceProfile."""

    def delete_instance_profile(self, **given: object) -> dict[str, Any]:
        """DeleteInstanceProfile."""

    def list_roles(self, **given: object) -> dict[str, Any]:
        """ListRoles."""
