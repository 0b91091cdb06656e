"""The context of every call that creates a part of a fleet's network: fleet, region, owner, tags. Decides nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from orchestrator.errors import ProviderError
from orchestrator.models import LaunchRequest
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.error_translation import code_of
from orchestrator.providers.base import Intend
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import DeadlineError, NotYet, wait_for

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.literals import ResourceTypeType
    from mypy_boto3_ec2.type_defs import FilterTypeDef, TagSpecificationTypeDef, TagTypeDef

INTERVAL_S = 0.5
_SETTLE_S = 60.0
"""Within that, EC2 shows to everybody what it has made."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkContext:
    """One fleet in one region, and whom to tell before something is created."""

    aws: Aws
    region: str
    fleet: str
    owner: str
    token: str
    users_tags: tuple[tuple[str, str], ...]
    """`tags:` under `aws:`."""
    intend: Intend

    @property
    def name(self) -> str:
        """What the fleet's group and key pair are called: EC2 has each name once."""
        return shared_name(self.owner, self.fleet)

    @property
    def ec2(self) -> "EC2Client":
        """EC2 of the region."""
        return self.aws.ec2(self.region)

    @property
    def filters(self) -> "list[FilterTypeDef]":
        """What is ours of this fleet, to a describing call."""
        return owner_filters(self.fleet, self.owner)

    def marks(
        self, kind: "ResourceTypeType", extra: Mapping[str, str] | None = None
    ) -> "list[TagSpecificationTypeDef]":
        """The tags of one new resource, which are on it from its first moment."""
        ours: dict[str, str] = {
            "Name": self.name,
            tags.FLEET: self.fleet,
            tags.OWNER: self.owner,
            tags.TOKEN: self.token,
            **(extra or {}),
        }
        return [{"ResourceType": kind, "Tags": tags.with_users(ours, self.users_tags)}]

    def owns(self, tagged: "Iterable[TagTypeDef]") -> bool:
        """Whether tags are those of this fleet and owner."""
        found = {tag.get("Key"): tag.get("Value", "") for tag in tagged}
        return found.get(tags.FLEET) == self.fleet and found.get(tags.OWNER) == self.owner

    def taken(self, kind: str, what: str) -> ProviderError:
        """The refusal to touch what has our name and not our tags."""
        return ProviderError(
            f"the name {self.name} is taken in {self.region} by a {kind} that is not this fleet's: {what}",
            "give the fleet another name with --name, or remove that by hand",
        )


def network_context(
    aws: Aws, settings: AwsSettings, region: str, request: LaunchRequest, intend: Intend
) -> NetworkContext:
    """What follows from the settings and a request."""
    return NetworkContext(
        aws=aws,
        region=region,
        fleet=request.fleet,
        owner=request.owner,
        token=request.token,
        users_tags=settings.tags,
        intend=intend,
    )


def shared_name(owner: str, fleet: str) -> str:
    """`orchestrate-0123456789ab-train`: fleets of two owners may have one name."""
    return f"{tags.PREFIX}-{owner}-{fleet}"


def owner_filters(fleet: str, owner: str) -> "list[FilterTypeDef]":
    """What carries the marks of a fleet and its owner, to a describing call."""
    return [
        {"Name": f"tag:{tags.FLEET}", "Values": [fleet]},
        {"Name": f"tag:{tags.OWNER}", "Values": [owner]},
    ]


def call_until_consistent(
    what: str, call: Callable[[], Answer | NotYet], *codes: str, timeout_s: float = _SETTLE_S
) -> Answer:
    """The answer of a call about something that EC2 may not know yet.

    Args:
        what: that thing.
        call: made again while it answers NotYet, or an error with one of the codes.
        codes: AWS's.
        timeout_s: how long.

    Raises:
        ProviderError: another error came, or the last one of these.
    """
    last: list[ProviderError] = []

    def probe() -> Answer | NotYet:
        try:
            return call()
        except ProviderError as error:
            if code_of(error) not in codes:
                raise
            last[:] = [error]
            return NotYet(error.cause)

    try:
        return wait_for(what, probe, timeout_s=timeout_s, interval_s=INTERVAL_S)
    except DeadlineError as error:
        raise (last or [ProviderError(str(error), "wait a minute, then run the command again")])[0] from error
