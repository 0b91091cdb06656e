"""The tables of AWS's error codes: the error of ours, what it says, and what to type next. Data only.

The codes and their classes: EC2's error reference, botocore's own retry table, and what public launchers treat alike.
"""

from dataclasses import replace

from orchestrator.errors import (
    CapacityError,
    InputRefusedError,
    NotAuthorizedError,
    QuotaError,
    ThrottledError,
)
from orchestrator.providers.aws.errors import (
    AccountError,
    Cure,
    Meaning,
    NotOfferedError,
    NotVisibleError,
    SpotPriceError,
    TokenSpentError,
    TokenUsedError,
    WrongStateError,
)
from orchestrator.providers.aws.errors.reservations import RESERVATIONS

_SEE_POLICY = "`aws sts get-caller-identity` says who asks; `orchestrate aws-policy` prints what that needs to be allowed"
_NEW_LOGIN = "{login}, then run the command again: it goes on from here"
_CLOCK = "compare this computer's clock (`date -u`), and the keys: `aws sts get-caller-identity`"
_KEYS = "check the keys and the profile: `aws sts get-caller-identity{profile}`"
_SUPPORT = "see the account's mail and AWS Support: https://console.aws.amazon.com/support"
_ANOTHER = "add another zone under `zones:`, or another type under `instance_type:`"
_AGAIN = "wait a minute, then run the command again: it goes on from here"
_MORE = "ask for more: `aws service-quotas list-service-quotas --service-code {}`, then request-service-quota-increase"
_NEXT_UP = "`orchestrate up` makes it anew; if that does not help, `orchestrate down` first"

_CAPACITY = Meaning(CapacityError, "there is no capacity", _ANOTHER, Cure.PLACE)
_ADDRESSES = Meaning(
    CapacityError, "its subnet has no free address", "name a larger one under `subnets:`", Cure.ZONE
)
_VCPUS = Meaning(QuotaError, "the quota on vCPUs is reached", _MORE.format("ec2"), Cure.QUOTA)
_INSTANCES = Meaning(QuotaError, "the quota on instances is reached", _MORE.format("ec2"), Cure.QUOTA)
_SPOT_COUNT = Meaning(QuotaError, "the quota on spot instances is reached", _MORE.format("ec2"), Cure.QUOTA)
_FLEETS = Meaning(QuotaError, "the quota on EC2 fleets is reached", _MORE.format("ec2"))
_DISKS = Meaning(QuotaError, "the quota on volumes of EBS is reached", _MORE.format("ebs"), Cure.REGION)
_ELASTIC_IPS = Meaning(QuotaError, "the quota on Elastic IPs (EC2-VPC) is reached", _MORE.format("ec2"))
_NETWORKS = Meaning(QuotaError, "a quota of the VPC is reached", _MORE.format("vpc"), Cure.REGION)
_NOT_OFFERED = Meaning(
    NotOfferedError, "that type is not offered there", f"{_ANOTHER}: `orchestrate plan`", Cure.PLACE
)
_FORBIDDEN = Meaning(NotAuthorizedError, "these credentials may not do that", _SEE_POLICY, Cure.REGION)
_BAD_KEYS = Meaning(NotAuthorizedError, "it does not accept these credentials", _KEYS, Cure.REGION)
_EXPIRED = Meaning(NotAuthorizedError, "the credentials have expired, or the clock is wrong", _NEW_LOGIN)
_SIGNATURE = Meaning(NotAuthorizedError, "the signature does not fit", _CLOCK)
_OPT_IN = Meaning(
    AccountError,
    "the account has not enabled that region or service",
    "enable the region for the account (`aws account enable-region`), or name another under `regions:`",
    Cure.REGION,
)
_BLOCKED = Meaning(AccountError, "the account is blocked or not verified yet", _SUPPORT)
_BUSY = Meaning(ThrottledError, "it is asked too often", _AGAIN)
_BROKEN = Meaning(ThrottledError, "it has a problem of its own", _AGAIN)
_UNSEEN = Meaning(NotVisibleError, "EC2 does not know the instance (yet)", _AGAIN)


def _input(which: str, hint: str) -> Meaning:
    return Meaning(InputRefusedError, f"{which} is not accepted", hint)


_IMAGE = replace(
    _input("the image", "`image:` under `aws:`; aws ec2 describe-images shows what a region has"),
    cure=Cure.REGION,
)
_KEY_PAIR = _input("the fleet's key pair", _NEXT_UP)
_GROUP = _input("the fleet's security group", _NEXT_UP)
_PLACEMENT_GROUP = _input(
    "the placement group",
    "`placement_group:` under `aws:`; aws ec2 describe-placement-groups shows what there is",
)
_SUBNET = replace(
    _input("the subnet", "`subnets:` under `aws:`; aws ec2 describe-subnets shows what there is"),
    cure=Cure.ZONE,
)
_VPC = replace(
    _input("the VPC", "`vpc:` under `aws:`; aws ec2 describe-vpcs shows what there is"), cure=Cure.REGION
)
_PARAMETER = _input("one of the parameters", "change what AWS names, in the fleet file under `aws:`")
_DISK = _input("the root disk", "`disk_gib:` or `image:` under `aws:`")
_USER_DATA = _input("the user-data", "report it with the run folder: `orchestrate status` names it")

_NO_VPC = replace(
    _input("having no VPC", "the region has no default VPC: `vpc: own` under `aws:`"), cure=Cure.REGION
)
_ZONE = replace(
    _input("the zone", "`zones:` under `aws:`; aws ec2 describe-availability-zones shows what there is"),
    cure=Cure.ZONE,
)
KMS_KEY = Meaning(
    InputRefusedError,
    "the key that encrypts the disk cannot be used for it",
    "its policy or a grant has to let whoever launches use it (kms:CreateGrant, kms:Decrypt, kms:DescribeKey,"
    " kms:GenerateDataKeyWithoutPlaintext, kms:ReEncrypt*)",
    Cure.REGION,
)
_SPOT_ROLE = Meaning(
    NotAuthorizedError,
    "EC2 needs a service-linked role for spot, and these credentials may not make it",
    "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com (once, by whoever may), then run the command"
    " again; or market: on-demand under `aws:`",
)

CODES: dict[str, Meaning] = {
    "InsufficientInstanceCapacity": _CAPACITY,
    "InsufficientCapacity": _CAPACITY,
    "InsufficientHostCapacity": _CAPACITY,
    "InsufficientReservedInstanceCapacity": _CAPACITY,
    **RESERVATIONS,
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
        Cure.PLACE,
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
    "InvalidPlacementGroup.Unknown": _PLACEMENT_GROUP,
    "InvalidPlacementGroup.Duplicate": _PLACEMENT_GROUP,
    "InvalidSubnetID.NotFound": _SUBNET,
    "InvalidVpcID.NotFound": _VPC,
    "VPCIdNotSpecified": _NO_VPC,
    "DefaultVpcDoesNotExist": _NO_VPC,
    "MissingInput": Meaning(
        InputRefusedError,
        "the zone has no default subnet",
        "name zones that have one under `zones:`, or `vpc: own` or `subnets:` under `aws:`; aws ec2 create-default-subnet makes one",
        Cure.ZONE,
    ),
    "InvalidSubnet": _SUBNET,
    "InvalidSubnet.Conflict": _SUBNET,
    "InvalidSubnetId.NotFound": _SUBNET,
    "InvalidAvailabilityZone": _ZONE,
    "VolumeTypeNotAvailableInZone": Meaning(
        NotOfferedError,
        "the zone does not have that kind of disk",
        "add another zone under `zones:`",
        Cure.ZONE,
    ),
    "InsufficientVolumeCapacity": Meaning(
        CapacityError, "the zone has no room for the disk", "add another zone under `zones:`", Cure.ZONE
    ),
    "InsufficientAddressCapacity": Meaning(
        CapacityError, "the region has no address to give", "add another region under `regions:`", Cure.REGION
    ),
    "AuthFailure.ServiceLinkedRoleCreationNotPermitted": _SPOT_ROLE,
    "ServiceLinkedRoleCreationNotPermitted": _SPOT_ROLE,
    "TagPolicyViolation": Meaning(
        NotAuthorizedError,
        "the organization's tag policy does not allow it",
        "`tags:` under `aws:`, with the tags that it names",
    ),
    "InvalidKMSKey.InvalidState": KMS_KEY,
    "KMSKeyNotAccessibleFault": KMS_KEY,
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
