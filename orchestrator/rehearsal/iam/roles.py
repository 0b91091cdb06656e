"""Credentials of instance profiles: what the metadata service gives a host, and what they may do. The caller holds the cloud's lock."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex, token_urlsafe
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

from orchestrator.rehearsal.account.instance_states import TrackedInstance
from orchestrator.rehearsal.iam.policy import Policy

if TYPE_CHECKING:
    from moto.iam.models import IAMBackend, Role

_LASTS = timedelta(hours=6)
_RENEWED = timedelta(minutes=15)
"""So long before the end of one key there is another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleKey:
    """One set of credentials."""

    role: str
    key: str
    secret: str
    token: str
    given_at: datetime

    def document(self) -> str:
        """As the metadata service has it."""
        return json.dumps(
            {
                "Code": "Success",
                "LastUpdated": _stamp(self.given_at),
                "Type": "AWS-HMAC",
                "AccessKeyId": self.key,
                "SecretAccessKey": self.secret,
                "Token": self.token,
                "Expiration": _stamp(self.given_at + _LASTS),
            }
        )


class Roles:
    """The roles that instances of an account have.

    Args:
        account: its number.
    """

    def __init__(self, account: str) -> None:
        self._account = account
        self._of_instance: dict[str, RoleKey] = {}
        self._of_key: dict[str, RoleKey] = {}

    def credentials(self, tracked: TrackedInstance, now: datetime) -> RoleKey | None:
        """What an instance gets from its profile's role at that time; None where it has no profile."""
        associated = tracked.region.iam_instance_profile_associations.get(tracked.instance.id)
        roles = self._iam.instance_profiles[associated.iam_instance_profile.name].roles if associated else ()
        if not roles:
            return None
        role, known = str(roles[0].name), self._of_instance.get(tracked.instance.id)
        if known is None or known.role != role or now > known.given_at + _LASTS - _RENEWED:
            known = RoleKey(
                role=role,
                key=f"ASIA{token_hex(8).upper()}",
                secret=token_urlsafe(30),
                token=token_urlsafe(96),
                given_at=now,
            )
            self._of_instance[tracked.instance.id] = self._of_key[known.key] = known
        return known

    def policy_of(self, key: str) -> Policy | None:
        """What a key of these may do: its role's own policies together. None for any other key."""
        known = self._of_key.get(key)
        if known is None:
            return None
        role: Role | None = next((each for each in self._iam.roles.values() if each.name == known.role), None)
        documents = (json.loads(each) for each in (role.policies.values() if role else ()))
        statements: list[Any] = [each for document in documents for each in document["Statement"]]
        return Policy(json.dumps({"Statement": statements}))

    def path_of(self, name: str) -> str:
        """The path of a role or profile that is there; of none, the usual one."""
        there: tuple[Any, ...] = (*self._iam.roles.values(), *self._iam.instance_profiles.values())
        return next((str(each.path) for each in there if each.name == name), "/")

    @property
    def _iam(self) -> "IAMBackend":
        return iam_backends[self._account]["aws"]


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
