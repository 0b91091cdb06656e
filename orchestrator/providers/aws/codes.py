"""The tables of AWS's error codes: the error of ours, what it says, and what to type next. Data only.

The codes and their classes: EC2's error reference, botocore's own retry table, and what public launchers treat alike.
"""

from dataclasses import dataclass

from orchestrator.errors import (
    CapacityError,
    InputRefusedError,
    NotAuthorizedError,
    ProviderError,
    QuotaError,
    ThrottledError,
)


class NotOfferedError(ProviderError):
    """The zone or region does not have that type, or not in that configuration."""


class SpotPriceError(ProviderError):
    """A cap on the spot price is lower than the price."""


class AccountError(NotAuthorizedError):
    """The account itself is not ready: not signed up, not verified, or blocked."""


class TokenUsedError(ProviderError):
    """The client token has been used with other parameters: an earlier launch is on its way."""


class TokenSpentError(ProviderError):
    """The client token belongs to instances that are terminated."""


class NotVisibleError(ProviderError):
    """EC2 does not know the instance: it never was, is long gone, or was made a moment ago."""


class WrongStateError(ProviderError):
    """The instance is on its way from one state to another."""


class NoAnswerError(ProviderError):
    """AWS was not reached, or the answer was lost: nobody knows whether the request was carried out."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code stands for."""

    error: type[ProviderError]
    said: str
    """To be read after `AWS refused <what>:`."""
    hint: str
    """`{profile}` and `{login}` are filled in by `session.profiles.spoken`."""


_SEE_POLICY = "`aws sts get-caller-identity` says who asks; `orchestrate aws-policy` prints what that needs to be allowed"
_NEW_LOGIN = "{login}, then run the command again: it goes on from here"
_CLOCK = "compare this computer's clock (`date -u`), and the keys: `aws sts get-caller-identity`"
_KEYS = "check the keys and the profile: `aws sts get-caller-identity{profile}`"
_SUPPORT = "see the account's mail and AWS Support: https://console.aws.amazon.com/support"
_ANOTHER = "add another zone under `zones:`, or another type under `instance_type:`"
_AGAIN = "wait a minute, then run the command again: it goes on from here"
_MORE = "ask for more: `aws service-quotas list-service-quotas --service-code {}`, then request-service-quota-increase"
_NEXT_UP = "orchestrate up makes it anew; if that does not help, orchestrate down first"

_CAPACITY = Meaning(CapacityError, "there is no capacity", _ANOTHER)
_ADDRESSES = Meaning(CapacityError, "its subnet has no free address", "name a larger one under `subnets:`")
_VCPUS = Meaning(QuotaError, "the quota on vCPUs is reached", _MORE.format("ec2"))
_INSTANCES = Meaning(QuotaError, "the quota on instances is reached", _MORE.format("ec2"))
_SPOT_COUNT = Meaning(QuotaError, "the quota on spot instances is reached", _MORE.format("ec2"))
_FLEETS = Meaning(QuotaError, "the quota on EC2 fleets is reached", _MORE.format("ec2"))
_DISKS = Meaning(QuotaError, "the quota on volumes of EBS is reached", _MORE.format("ebs"))
_ELASTIC_IPS = Meaning(QuotaError, "the quota on Elastic IPs (EC2-VPC) is reached", _MORE.format("ec2"))
_NETWORKS = Meaning(QuotaError, "a quota of the VPC is reached", _MORE.format("vpc"))
_NOT_OFFERED = Meaning(NotOfferedError, "that type is not offered there", f"{_ANOTHER}: orchestrate plan")
_FORBIDDEN = Meaning(NotAuthorizedError, "these credentials may not do that", _SEE_POLICY)
_BAD_KEYS = Meaning(NotAuthorizedError, "it does not accept these credentials", _KEYS)
_EXPIRED = Meaning(NotAuthorizedError, "the credentials have expired, or the clock is wrong", _NEW_LOGIN)
_SIGNATURE = Meaning(NotAuthorizedError, "the signature does not fit", _CLOCK)
_OPT_IN = Meaning(
    AccountError,
    "the account has not enabled that region or service",
    "enable the region for the account (`aws account enable-region`), or name another under `regions:`",
)
_BLOCKED = Meaning(AccountError, "the account is blocked or not verified yet", _SUPPORT)
_BUSY = Meaning(ThrottledError, "it is asked too often", _AGAIN)
_BROKEN = Meaning(ThrottledError, "it has a problem of its own", _AGAIN)
_UNSEEN = Meaning(NotVisibleError, "EC2 does not know the instance (yet)", _AGAIN)


def _input(which: str, hint: str) -> Meaning:
    return Meaning(InputRefusedError, f"{which} is not accepted", hint)


_IMAGE = _input("the image", "`image:` under `aws:`; aws ec2 describe-images shows what a region has")
_KEY_PAIR = _input("the fleet's key pair", _NEXT_UP)
_GROUP = _input("the fleet's security group", _NEXT_UP)
_SUBNET = _input("the subnet", "`subnets:` under `aws:`; aws ec2 describe-subnets shows what there is")
_VPC = _input("the VPC", "`vpc:` under `aws:`; aws ec2 describe-vpcs shows what there is")
_PARAMETER = _input("one of the parameters", "change what AWS names, in the fleet file under `aws:`")
_DISK = _input("the root disk", "`disk_gib:` or `image:` under `aws:`")
_USER_DATA = _input("the user-data", "report it with the run folder: `orchestrate status` names it")

CODES: dict[str, Meaning] = {
    "InsufficientInstanceCapacity": _CAPACITY,
    "InsufficientCapacity": _CAPACITY,
    "InsufficientHostCapacity": _CAPACITY,
    "InsufficientReservedInstanceCapacity": _CAPACITY,
    "ReservationCapacityExceeded": _CAPACITY,
    "UnfulfillableCapacity": _CAPACITY,
    "InsufficientFreeAddressesInSubnet": _ADDRESSES,
    "VcpuLimitExceeded": _VCPUS,
    "InstanceLimitExceeded": _INSTANCES,
    "MaxSpotInstanceCountExceeded": _SPOT_COUNT,
    "MaxSpotFleetRequestCountExceeded": _FLEETS,
    "MaxFleetCountExceeded": _FLEETS,
    "VolumeLimitExceeded": _DISKS,
    "MaxIOPSLimitExceeded": _DISKS,
    "AddressLimitExceeded": _ELASTIC_IPS,
    "SecurityGroupLimitExceeded": _NETWORKS,
    "VpcLimitExceeded": _NETWORKS,
    "InternetGatewayLimitExceeded": _NETWORKS,
    "SpotMaxPriceTooLow": Meaning(
        SpotPriceError,
        "the spot price is above the cap",
        "market: on-demand under `aws:`, or wait for a lower price",
    ),
    "Unsupported": _NOT_OFFERED,
    "UnsupportedOperation": _NOT_OFFERED,
    "InvalidInstanceType": _NOT_OFFERED,
    "InvalidInstanceType.NotFound": _NOT_OFFERED,
    "UnauthorizedOperation": _FORBIDDEN,
    "AccessDenied": _FORBIDDEN,
    "AccessDeniedException": _FORBIDDEN,
    "AuthFailure": _BAD_KEYS,
    "InvalidClientTokenId": _BAD_KEYS,
    "UnrecognizedClientException": _BAD_KEYS,
    "MissingAuthenticationToken": _BAD_KEYS,
    "IncompleteSignature": _SIGNATURE,
    "SignatureDoesNotMatch": _SIGNATURE,
    "InvalidSignatureException": _SIGNATURE,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": _EXPIRED,
    "OptInRequired": _OPT_IN,
    "PendingVerification": _BLOCKED,
    "Blocked": _BLOCKED,
    "RequestLimitExceeded": _BUSY,
    "EC2ThrottledException": _BUSY,
    "Throttling": _BUSY,
    "ThrottlingException": _BUSY,
    "ThrottledException": _BUSY,
    "TooManyRequestsException": _BUSY,
    "InternalError": _BROKEN,
    "InternalFailure": _BROKEN,
    "InternalErrorException": _BROKEN,
    "ServiceUnavailable": _BROKEN,
    "Unavailable": _BROKEN,
    "InvalidAMIID.NotFound": _IMAGE,
    "InvalidAMIID.Malformed": _IMAGE,
    "InvalidAMIID.Unavailable": _IMAGE,
    "InvalidSnapshot.NotFound": _IMAGE,
    "InvalidKeyPair.NotFound": _KEY_PAIR,
    "InvalidKeyPair.Duplicate": _KEY_PAIR,
    "InvalidKeyPair.Format": _KEY_PAIR,
    "InvalidKey.Format": _KEY_PAIR,
    "InvalidGroup.NotFound": _GROUP,
    "InvalidGroup.Duplicate": _GROUP,
    "InvalidSubnetID.NotFound": _SUBNET,
    "InvalidVpcID.NotFound": _VPC,
    "VPCIdNotSpecified": _input("having no VPC", "the region has no default VPC: `vpc: own` under `aws:`"),
    "InvalidParameterValue": _PARAMETER,
    "InvalidParameterCombination": _PARAMETER,
    "MissingParameter": _PARAMETER,
    "InvalidBlockDeviceMapping": _DISK,
    "InvalidUserData.Malformed": _USER_DATA,
    "IdempotentParameterMismatch": Meaning(TokenUsedError, "an earlier launch of it is on its way", _AGAIN),
    "IdempotentInstanceTerminated": Meaning(
        TokenSpentError, "an earlier launch of it was terminated", _AGAIN
    ),
    "InvalidInstanceID.NotFound": _UNSEEN,
    "IncorrectInstanceState": Meaning(WrongStateError, "the host is between two states", _AGAIN),
    "IncorrectSpotRequestState": Meaning(WrongStateError, "the spot request is between two states", _AGAIN),
}
"""By the exact code of a ClientError."""

ROLES: dict[str, Meaning] = {
    "AccessDenied": Meaning(
        NotAuthorizedError,
        "the role of the profile could not be assumed",
        "compare `role_arn`, `mfa_serial` and the code: aws sts get-caller-identity{profile}; the role's trust policy decides",
    ),
    "ForbiddenException": Meaning(
        NotAuthorizedError,
        "SSO gives no such role to whoever is logged in",
        "compare `sso_account_id` and `sso_role_name` in ~/.aws/config: aws sts get-caller-identity{profile}",
    ),
    "ResourceNotFoundException": Meaning(
        NotAuthorizedError,
        "SSO knows no such account or role",
        "compare `sso_account_id` and `sso_role_name` in ~/.aws/config: aws sts get-caller-identity{profile}",
    ),
    "UnauthorizedException": Meaning(
        NotAuthorizedError, "the login by SSO has ended", "{login}, then run the command again"
    ),
    "InvalidGrantException": Meaning(
        NotAuthorizedError, "the login by SSO has ended", "{login}, then run the command again"
    ),
    "InvalidIdentityToken": Meaning(
        NotAuthorizedError,
        "the token of the web identity is not accepted",
        "renew the file that AWS_WEB_IDENTITY_TOKEN_FILE or the profile names, then run the command again",
    ),
    "RegionDisabledException": Meaning(
        AccountError,
        "STS is not enabled in that region",
        "sts_regional_endpoints = legacy in the profile, or another region for it",
    ),
}
"""The same for calls that open a session: what is refused is a role, and not what somebody may do."""
