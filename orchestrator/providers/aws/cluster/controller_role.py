"""The role of a cluster's controller: what it may do, and that it exists, is the controller's, and goes with the fleet.

It starts and stops the fleet's own hosts and looks at instances; it launches and terminates nothing.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from orchestrator.errors import NotAuthorizedError, ProviderError
from orchestrator.models import ReceiptLine, Resource
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.error_translation import code_of
from orchestrator.providers.aws.policy.controller import controller_policy
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import DeadlineError, NotYet, wait_for

if TYPE_CHECKING:
    from orchestrator.providers.aws.network.context import NetworkContext

ROLE = "iam-role"
PROFILE = "instance-profile"
"""Kinds in receipts and listings."""
PATH = "/orchestrate/"
"""By which the rights to make such a role can be kept to it."""
_POLICY = "start-and-stop"
_SUFFIX = "-elastic"
_EXISTS = "EntityAlreadyExists"
_MISSING = "NoSuchEntity"
_FULL = "LimitExceeded"
"""IAM's word for a profile that has its role."""
_TOO_NEW = frozenset({"InvalidParameterValue", "IncorrectState", "IncorrectInstanceState", "NoSuchEntity"})
"""What EC2 answers about a profile that IAM has just made, and about a host that does not run yet."""
_STEP_S = 2.0
_VISIBLE_S = 120.0
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def role_name(shared_name: str) -> str:
    """Of the role and of its instance profile, 64 characters at most as IAM has it."""
    return f"{shared_name}{_SUFFIX}"


def ensure_role(context: "NetworkContext", settings: AwsSettings, instance_id: str, profile_arn: str) -> None:
    """Make the role and its instance profile exist, and give them to the controller. Twice is once.

    Args:
        context: which fleet, and where.
        settings: what the fleet file says.
        instance_id: the controller's.
        profile_arn: the instance profile that it has; empty for none.

    Raises:
        ProviderError: something that is not ours has the name, the controller has another profile, or AWS refused.
    """
    name, iam = role_name(context.name), context.aws.iam
    if profile_arn and profile_arn.rpartition("/")[2] != name:
        raise ProviderError(
            f"the controller {instance_id} has the instance profile {profile_arn}, so it cannot have the one that starts hosts",
            f"`instance_profile: {profile_arn.rpartition('/')[2]}` under `aws:`, with the rights that docs/aws.md lists; or cluster.idle_minutes: 0",
        )
    context.intend(ROLE, name)
    marks = _marks(context)
    with aws_errors(f"the role {name}"):
        created = _unless(
            _EXISTS,
            lambda: iam.create_role(
                RoleName=name,
                Path=PATH,
                Description=f"The controller of fleet {context.fleet} starts and stops its hosts",
                AssumeRolePolicyDocument=json.dumps(_TRUST),
                Tags=marks,
            ),
        )
        if not created and not context.owns(iam.get_role(RoleName=name)["Role"].get("Tags", [])):
            raise context.taken("role", name)
        document = controller_policy(settings, context.region, context.fleet, context.owner)
        iam.put_role_policy(RoleName=name, PolicyName=_POLICY, PolicyDocument=json.dumps(document))
    if profile_arn:
        return
    context.intend(PROFILE, name)
    with aws_errors(f"the instance profile {name}"):
        _unless(_EXISTS, lambda: iam.create_instance_profile(InstanceProfileName=name, Path=PATH, Tags=marks))
        _unless(_FULL, lambda: iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name))
    _associate(context, name, instance_id)


def remove_role(aws: Aws, settings: AwsSettings, fleet: str, owner: str) -> tuple[ReceiptLine, ...]:
    """Remove role and instance profile of a fleet, and ask for them again; a line for each that was there.

    Asked only where the fleet file says cluster: other fleets have none, and need no right to ask.

    Raises:
        ProviderError: AWS refused to say what there is.
    """
    there = roles_of(aws, settings, fleet, owner)
    if not there:
        return ()
    name, iam, refusals = there[0].name, aws.iam, dict[str, str]()
    steps: tuple[tuple[str, Callable[[], object]], ...] = (
        (PROFILE, lambda: iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=name)),
        (PROFILE, lambda: iam.delete_instance_profile(InstanceProfileName=name)),
        (ROLE, lambda: iam.delete_role_policy(RoleName=name, PolicyName=_POLICY)),
        (ROLE, lambda: iam.delete_role(RoleName=name)),
    )
    for kind, act in steps:
        try:
            with aws_errors(f"to remove {kind} {name}"):
                _unless(_MISSING, act)
        except ProviderError as error:
            refusals[kind] = error.cause
    left = {each.kind for each in roles_of(aws, settings, fleet, owner)}
    asked = {ROLE: "GetRole", PROFILE: "GetInstanceProfile"}
    return tuple(
        ReceiptLine(
            resource=each,
            gone=each.kind not in left,
            proof=f"iam {asked[each.kind]} {name}: "
            + (f"still there: {refusals.get(each.kind, '')}" if each.kind in left else "not found"),
        )
        for each in there
    )


def roles_of(aws: Aws, settings: AwsSettings, fleet: str, owner: str) -> tuple[Resource, ...]:
    """The role and the instance profile of a fleet, as far as they are there and its tags are on them.

    Raises:
        ProviderError: AWS refused; where nothing elastic is asked for, a right that is missing is no reason.
    """
    if not settings.cluster:
        return ()
    name, iam = role_name(f"{tags.PREFIX}-{owner}-{fleet}"), aws.iam
    looks: tuple[tuple[str, str, Callable[[], dict[str, dict[str, object]]]], ...] = (
        (PROFILE, "InstanceProfile", lambda: iam.get_instance_profile(InstanceProfileName=name)),
        (ROLE, "Role", lambda: iam.get_role(RoleName=name)),
    )
    found: list[Resource] = []
    for kind, key, look in looks:
        try:
            with aws_errors(f"a look at {kind} {name}"):
                described = look()[key]
        except NotAuthorizedError:
            if settings.elastic:
                raise
            continue
        except ProviderError as error:
            if code_of(error) != _MISSING:
                raise
            continue
        marks = described.get("Tags")
        known = {tag["Key"]: tag["Value"] for tag in marks} if isinstance(marks, list) else {}
        if (known.get(tags.FLEET), known.get(tags.OWNER)) == (fleet, owner):
            found.append(Resource(kind=kind, id=str(described.get("Arn", name)), name=name, state="there"))
    return tuple(found)


def fleets_with_role(aws: Aws, settings: AwsSettings) -> set[tuple[str, str]]:
    """(Fleet, owner) of the roles that there are, by their names; nothing where that may not be read."""
    if not settings.cluster:
        return set()
    with suppress(ProviderError), aws_errors("a look at roles"):
        names = [str(each["RoleName"]) for each in aws.iam.list_roles(PathPrefix=PATH)["Roles"]]
        parts = (name.removeprefix(f"{tags.PREFIX}-").removesuffix(_SUFFIX).partition("-") for name in names)
        return {(fleet, owner) for owner, _, fleet in parts if fleet}
    return set()


def _associate(context: "NetworkContext", name: str, instance_id: str) -> None:
    """Give the controller the profile: EC2 hears of a new one seconds later, and takes none for a host that does not run yet."""
    last: list[ProviderError] = []

    def probe() -> bool | NotYet:
        try:
            with aws_errors(f"the instance profile {name} for {instance_id}"):
                context.ec2.associate_iam_instance_profile(
                    IamInstanceProfile={"Name": name}, InstanceId=instance_id
                )
        except ProviderError as error:
            if code_of(error) not in _TOO_NEW:
                raise
            last[:] = [error]
            return NotYet(error.cause)
        return True

    try:
        wait_for(f"the instance profile {name}", probe, timeout_s=_VISIBLE_S, interval_s=_STEP_S)
    except DeadlineError as error:
        raise last[0] from error


def _unless(code: str, act: Callable[[], object]) -> bool:
    """Whether it was done; False where AWS answers that code, because it is so already."""
    from botocore.exceptions import ClientError

    try:
        act()
    except ClientError as error:
        if code_of(error) != code:
            raise
        return False
    return True


def _marks(context: "NetworkContext") -> list[dict[str, str]]:
    ours = {
        "Name": context.name,
        tags.FLEET: context.fleet,
        tags.OWNER: context.owner,
        tags.TOKEN: context.token,
    }
    return [
        {"Key": str(each["Key"]), "Value": str(each["Value"])}
        for each in tags.with_users(ours, context.users_tags)
    ]
