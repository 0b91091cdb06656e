"""Refuse what a policy does not allow, in the words of each service. Changes nothing in the account."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from orchestrator.rehearsal.account.regions import Account
from orchestrator.rehearsal.api.replies import Refused
from orchestrator.rehearsal.api.request import ApiRequest
from orchestrator.rehearsal.iam.policy import Policy
from orchestrator.rehearsal.iam.requests import required_permissions
from orchestrator.rehearsal.iam.roles import Roles

_WHO = "User: arn:aws:iam::rehearsal is not authorized to perform:"


class Authorization:
    """What callers may do: hosts what the role of their profile allows, all others what the account's policy does.

    Args:
        policy: of all who are no host; None allows them everything.
        roles: of the account's instances.
        account: whose tags conditions ask for.
        lock: held while the account is looked at.
    """

    def __init__(
        self, policy: Policy | None, roles: Roles, account: Account, lock: AbstractContextManager[object]
    ) -> None:
        self._policy = policy
        self._roles = roles
        self._account = account
        self._lock = lock

    def is_host(self, request: ApiRequest) -> bool:
        """Whether a request is signed with a key that the metadata service gave."""
        with self._lock:
            return self._roles.policy_of(request.key) is not None

    def __call__(self, request: ApiRequest) -> None:
        """Raise Refused where the policy does not allow a request."""
        with self._lock:
            policy = self._roles.policy_of(request.key) or self._policy
            if policy is None:
                return
            for each in required_permissions(request, self._account.number, self._tags, self._roles.path_of):
                arn = policy.refused(each)
                if arn is not None:
                    raise _forbidden(request.service, f"{each.action} on resource: {arn}")

    def _tags(self, region: str, name: str) -> Mapping[str, str]:
        try:
            there = self._account.region(region)
        except KeyError:
            return {}
        pair = there.key_pairs.get(name)
        if pair is not None:
            return dict(there.tags.get(pair.id, {}))
        group = self._account.placement_groups.get((region, name))
        if group:
            return dict(there.tags.get(group, {}))
        table = next(
            (each.id for each in there.route_tables.values() if name in each.all_associations_ids), name
        )
        return dict(there.tags.get(str(table), {}))


def _forbidden(service: str, what: str) -> Refused:
    if service == "ec2":
        said = f"You are not authorized to perform this operation. {_WHO} {what}"
        return Refused("UnauthorizedOperation", said, 403)
    code = "AccessDenied" if service in {"iam", "sts", "route53"} else "AccessDeniedException"
    return Refused(code, f"{_WHO} {what}", 403 if code == "AccessDenied" else 400)
