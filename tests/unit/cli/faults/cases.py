"""What a command says of each fault."""

from dataclasses import dataclass, field

from orchestrator.errors import ExitCode

ON_SPOT = {"ORCHESTRATE_AWS__MARKET": "spot"}
ELSEWHERE = {"ORCHESTRATE_AWS__REGIONS": "[us-west-2]", "ORCHESTRATE_AWS__ZONES": "[]"}
ANYWHERE = {"ORCHESTRATE_AWS__ZONES": "[]"}
NOTHING = "nothing runs"
UP = ("up", "--yes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a command says of a fault."""

    name: str
    code: ExitCode
    cause: str
    hint: str
    words: tuple[str, ...] = UP
    variables: dict[str, str] = field(default_factory=dict)
    last: str = NOTHING
    """The last line."""


CASES = (
    Case(
        name="region-disabled",
        code=ExitCode.PROVIDER,
        cause="does not accept these credentials",
        hint="aws account enable-region --region-name us-west-2, if the account has not opted in; and compare",
        variables=ELSEWHERE,
        last="",
    ),
    Case(
        name="no-default-subnet",
        code=ExitCode.PROVIDER,
        cause="the zone has no default subnet: aws ec2 create-default-subnet --region us-east-1 --availability-zone us-east-1a",
        hint="another type, zone or region",
        last="",
    ),
    Case(
        name="no-default-vpc",
        code=ExitCode.PROVIDER,
        cause="`vpc: own`",
        hint="another type, zone or region",
        variables=ANYWHERE,
        last="",
    ),
    Case(
        name="scp-denied",
        code=ExitCode.PROVIDER,
        cause="with an explicit deny in a service control policy. (UnauthorizedOperation)",
        hint="aws sts decode-authorization-message --encoded-message file://",
    ),
    Case(
        name="tags-demanded",
        code=ExitCode.PROVIDER,
        cause="these credentials may not do that",
        hint="where an organization demands tags (the decoded message names them), `tags:` under `aws:`",
    ),
    Case(
        name="tag-policy",
        code=ExitCode.PROVIDER,
        cause="tag policy does not allow it",
        hint="`tags:` under `aws:`, with the tags that it names",
    ),
    Case(
        name="no-spot-role",
        code=ExitCode.PROVIDER,
        cause="EC2 needs a service-linked role for spot",
        hint="aws iam create-service-linked-role --aws-service-name spot.amazonaws.com",
        variables=ON_SPOT,
    ),
    Case(
        name="no-spot-quota",
        code=ExitCode.PROVIDER,
        cause="the quota on spot instances is reached",
        hint="aws service-quotas",
        variables=ON_SPOT,
    ),
    Case(
        name="kms-denied",
        code=ExitCode.USAGE,
        cause="(Client.InternalError); the key that encrypts the disk cannot be used for it",
        hint="kms:CreateGrant",
    ),
    Case(
        name="kms-disabled",
        code=ExitCode.USAGE,
        cause="(Client.InvalidKMSKey.InvalidState); the key that encrypts the disk cannot be used for it",
        hint="aws kms list-grants",
    ),
    Case(
        name="session-expires",
        code=ExitCode.PROVIDER,
        cause="the credentials have expired, or the clock is wrong",
        hint="log in to AWS again",
        last="  whether it runs is not known: t-1, which was asked for",
    ),
    Case(
        name="session-expires-later",
        code=ExitCode.PROVIDER,
        cause="the credentials have expired, or the clock is wrong",
        hint="then run the command again: it goes on from here",
        last="on record, because AWS does not say: 1 host (t-1) runs, which costs $0.526 an hour: `orchestrate down --name t` ends it",
    ),
    Case(
        name="key-taken",
        code=ExitCode.PROVIDER,
        cause="is taken in us-east-1 by a key pair that is not this fleet's",
        hint="--name",
    ),
    Case(
        name="no-capacity-anywhere",
        code=ExitCode.PROVIDER,
        cause="no room for t-1",
        hint="add another zone under `zones:`",
    ),
    Case(
        name="no-quota",
        code=ExitCode.PROVIDER,
        cause="the quota on vCPUs is reached",
        hint="--quota-code L-DB2E81BA",
    ),
    Case(
        name="unauthorized",
        code=ExitCode.PROVIDER,
        cause="these credentials may not do that",
        hint="`orchestrate aws-policy`",
    ),
    Case(
        name="image-gone",
        code=ExitCode.USAGE,
        cause="the image is not accepted",
        hint="`image:` under `aws:`",
    ),
)
