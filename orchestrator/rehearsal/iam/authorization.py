"""Refuse what a policy does not allow, in the words of each service. Changes nothing in the account."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from orchestrator.rehearsal.account.regions import Account
from orchestrator.rehearsal.api.replies import Refused
from orchestrator.rehearsal.api.request import ApiRequest
from orchestrator.rehearsal.iam.policy import Policy
from orchestrator.rehearsal.iam.requests import required_permissions

_WHO = "User: arn:aws:iam::rehearsal is not authorized to perform:"


class Authorization:
    """What one caller may do.

    Args:
        policy: theirs.
        account: whose tags conditions ask for.
        lock: held while the account is looked at.
    """

    def __init__(self, policy: Policy, account: Account, lock: AbstractContextManager[object]) -> None:
        self._policy = policy
        self._account = account
        self._lock = lock

    def __call__(self, request: ApiRequest) -> None:
        """Raise Refused where the policy does not allow a request."""
        with self._lock:
            for each in required_permissions(request, self._account.number, self._tags):
                arn = self._policy.refused(each)
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
    code = "AccessDenied" if service in {"sts", "route53"} else "AccessDeniedException"
    return Refused(code, f"{_WHO} {what}", 403 if code == "AccessDenied" else 400)
