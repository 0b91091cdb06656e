"""Every error code that AWS is known to answer with: its class, its exit code, and a next step."""

import botocore.exceptions
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from orchestrator.errors import (
    CapacityError,
    ExitCode,
    InputRefusedError,
    NotAuthorizedError,
    ProviderError,
    QuotaError,
    ThrottledError,
)
from orchestrator.providers.aws.clients import aws_errors
from orchestrator.providers.aws.error_codes import CODES
from orchestrator.providers.aws.error_translation import (
    code_of,
    next_offer_may_do,
    same_again_may_do,
    translate,
)
from orchestrator.providers.aws.errors import (
    AccountError,
    NoAnswerError,
    NotOfferedError,
    NotVisibleError,
    SpotPriceError,
    TokenSpentError,
    TokenUsedError,
    WrongStateError,
)

CLASSES: dict[type[ProviderError], str] = {
    CapacityError: """
        InsufficientInstanceCapacity UnfulfillableCapacity InsufficientCapacity InsufficientHostCapacity
        InsufficientReservedInstanceCapacity ReservationCapacityExceeded InsufficientFreeAddressesInSubnet
        InsufficientVolumeCapacity InsufficientAddressCapacity InvalidCapacityReservationState
    """,
    QuotaError: """
        MaxSpotInstanceCountExceeded MaxSpotFleetRequestCountExceeded MaxFleetCountExceeded VcpuLimitExceeded
        InstanceLimitExceeded VolumeLimitExceeded MaxIOPSLimitExceeded AddressLimitExceeded
        SecurityGroupLimitExceeded VpcLimitExceeded InternetGatewayLimitExceeded
    """,
    SpotPriceError: "SpotMaxPriceTooLow",
    NotOfferedError: "Unsupported UnsupportedOperation InvalidInstanceType InvalidInstanceType.NotFound VolumeTypeNotAvailableInZone",
    NotAuthorizedError: """
        UnauthorizedOperation AuthFailure AccessDenied AccessDeniedException InvalidClientTokenId
        UnrecognizedClientException SignatureDoesNotMatch InvalidSignatureException ExpiredToken
        ExpiredTokenException RequestExpired MissingAuthenticationToken IncompleteSignature
        ServiceLinkedRoleCreationNotPermitted AuthFailure.ServiceLinkedRoleCreationNotPermitted TagPolicyViolation
    """,
    AccountError: "OptInRequired PendingVerification Blocked",
    ThrottledError: """
        RequestLimitExceeded EC2ThrottledException Throttling ThrottlingException ThrottledException
        TooManyRequestsException InternalError InternalFailure InternalErrorException ServiceUnavailable
        Unavailable
    """,
    InputRefusedError: """
        InvalidCapacityReservationId InvalidCapacityReservationId.Malformed InvalidCapacityReservationId.NotFound
        InvalidAMIID.NotFound InvalidAMIID.Malformed InvalidAMIID.Unavailable InvalidKeyPair.NotFound
        InvalidKeyPair.Duplicate InvalidKeyPair.Format InvalidKey.Format InvalidGroup.NotFound
        InvalidGroup.Duplicate InvalidPlacementGroup.Unknown InvalidPlacementGroup.Duplicate InvalidSubnetID.NotFound InvalidVpcID.NotFound VPCIdNotSpecified
        InvalidParameterValue InvalidParameterCombination MissingParameter InvalidBlockDeviceMapping
        InvalidUserData.Malformed InvalidSnapshot.NotFound DefaultVpcDoesNotExist MissingInput InvalidSubnet
        InvalidSubnet.Conflict InvalidSubnetId.NotFound InvalidAvailabilityZone InvalidKMSKey.InvalidState
        KMSKeyNotAccessibleFault
    """,
    TokenUsedError: "IdempotentParameterMismatch",
    TokenSpentError: "IdempotentInstanceTerminated",
    NotVisibleError: "InvalidInstanceID.NotFound",
    WrongStateError: "IncorrectInstanceState IncorrectSpotRequestState",
}
PAIRS = [(code, kind) for kind, codes in CLASSES.items() for code in codes.split()]

SAID = {
    "InsufficientInstanceCapacity": (
        "no capacity",
        "add another zone under `zones:`, or another type under `instance_type:`",
    ),
    "VcpuLimitExceeded": ("quota on vCPUs", "request-service-quota-increase"),
    "VolumeLimitExceeded": ("quota on volumes", "--service-code ebs"),
    "UnauthorizedOperation": ("may not", "orchestrate aws-policy"),
    "TagPolicyViolation": ("tag policy", "`tags:` under `aws:`"),
    "InvalidKMSKey.InvalidKeyUsage": ("the key that encrypts the disk", "kms:CreateGrant"),
    "KMSInvalidStateException": ("the key that encrypts the disk", "kms:CreateGrant"),
    "ExpiredToken": ("expired", "{login}"),
    "SignatureDoesNotMatch": ("signature", "date -u"),
    "OptInRequired": ("not enabled", "enable the region"),
    "RequestLimitExceeded": ("too often", "wait a minute"),
    "InvalidAMIID.NotFound": ("image", "`image:`"),
    "InvalidSubnetID.NotFound": ("subnet", "`subnets:`"),
    "Unsupported": ("not offered", "orchestrate plan"),
    "SpotMaxPriceTooLow": ("above the cap", "market: on-demand"),
    "IdempotentParameterMismatch": ("earlier launch", "run the command again"),
}


def client_error(code: str, message: str = "No.") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "RunInstances")


@pytest.mark.parametrize(("code", "kind"), PAIRS)
def test_every_code_has_a_class_an_exit_code_and_a_next_step(code: str, kind: type[ProviderError]) -> None:
    error = translate(client_error(code), "a g5.xlarge in us-east-1a")
    assert type(error) is kind
    assert error.cause.startswith("AWS refused a g5.xlarge in us-east-1a: ")
    assert error.cause.endswith(f"No. ({code})")
    assert "\n" not in error.hint
    assert error.hint
    assert error.exit_code is (ExitCode.USAGE if kind is InputRefusedError else ExitCode.PROVIDER)


def test_the_table_has_no_code_that_is_not_tried_here() -> None:
    assert {code for code, _ in PAIRS} == set(CODES)


@pytest.mark.parametrize("code", SAID)
def test_words_and_next_step_fit_the_cause(code: str) -> None:
    error = translate(client_error(code), "it")
    said, hint = SAID[code]
    assert said in error.cause
    assert hint in error.hint


@pytest.mark.parametrize("operation", ["RunInstances", "CreateSecurityGroup", "ImportKeyPair"])
def test_a_denied_creation_names_the_key_of_tags_that_an_organization_may_demand(operation: str) -> None:
    refused = ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "No."}}, operation)
    assert "`tags:` under `aws:`" in translate(refused, "it").hint
    looks = ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "No."}}, "DescribeVpcs")
    assert "`tags:`" not in translate(looks, "it").hint


@pytest.mark.parametrize(
    ("code", "kind", "cured"),
    [
        ("NetworkInterfaceLimitExceeded", QuotaError, True),
        ("RulesPerSecurityGroupLimitExceeded", QuotaError, True),
        ("ServiceQuotaExceeded", QuotaError, True),
        ("InsufficientCapacityOnOutpost", CapacityError, True),
        ("Client.VcpuLimitExceeded", QuotaError, True),
        ("Server.InsufficientInstanceCapacity", CapacityError, True),
        ("Client.RequestLimitExceeded", ThrottledError, False),
    ],
)
def test_a_code_of_a_known_family_is_what_its_family_is(
    code: str, kind: type[ProviderError], cured: bool
) -> None:
    with pytest.raises(kind) as caught, aws_errors("a launch"):
        raise client_error(code)
    assert next_offer_may_do(caught.value) is cured


def test_an_unknown_code_stays_unknown_and_is_shown_as_it_came() -> None:
    error = translate(client_error("MoonInWrongPhase", "Wait for\n the tide."), "a launch")
    assert type(error) is ProviderError
    assert error.cause == "AWS refused a launch: Wait for the tide. (MoonInWrongPhase)"


def test_the_encoded_part_of_a_refusal_is_kept_whole_with_the_line_that_decodes_it() -> None:
    encoded = "4pX9" * 400
    message = f"You are not authorized. Encoded authorization failure message: {encoded}"
    with pytest.raises(NotAuthorizedError) as caught, aws_errors("a launch"):
        raise client_error("UnauthorizedOperation", message)
    denied = caught.value
    assert "4pX9" not in denied.cause
    decode = "  try: aws sts decode-authorization-message --encoded-message"
    assert denied.lines[-1] == f"{decode} {encoded} --query DecodedMessage --output text"
    written: dict[str, bytes] = {}

    def write(name: str, content: bytes) -> str:
        written[name] = content
        return f"/run/{name}"

    denied.save_encoded(write)
    assert written == {"denied.txt": encoded.encode()}
    assert denied.lines[-1].startswith(f"{decode} file:///run/denied.txt --query")


@pytest.mark.parametrize(
    ("error", "kind", "hint"),
    [
        (botocore.exceptions.NoCredentialsError(), NotAuthorizedError, "aws configure"),
        (botocore.exceptions.ProfileNotFound(profile="lab"), NotAuthorizedError, "list-profiles"),
        (botocore.exceptions.UnauthorizedSSOTokenError(), NotAuthorizedError, "{login}"),
        (
            botocore.exceptions.PartialCredentialsError(provider="env", cred_var="x"),
            NotAuthorizedError,
            "or neither",
        ),
        (botocore.exceptions.NoRegionError(), InputRefusedError, "regions:"),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="https://x"), NoAnswerError, "network"),
        (botocore.exceptions.ConnectTimeoutError(endpoint_url="https://x"), NoAnswerError, "network"),
        (botocore.exceptions.ReadTimeoutError(endpoint_url="https://x"), NoAnswerError, "goes on from here"),
        (
            botocore.exceptions.ConnectionClosedError(endpoint_url="https://x"),
            NoAnswerError,
            "goes on from here",
        ),
    ],
)
def test_what_never_came_to_an_answer_says_why(
    error: BotoCoreError, kind: type[ProviderError], hint: str
) -> None:
    ours = translate(error, "a launch")
    assert type(ours) is kind
    assert hint in ours.hint


def test_the_code_is_known_of_our_errors_too() -> None:
    with pytest.raises(CapacityError) as caught, aws_errors("a launch"):
        raise client_error("InsufficientHostCapacity")
    assert code_of(caught.value) == "InsufficientHostCapacity"
    assert code_of(ProviderError("no", "none")) == ""


@pytest.mark.parametrize(
    ("code", "elsewhere", "again"),
    [
        ("InsufficientInstanceCapacity", True, False),
        ("Unsupported", True, False),
        ("VcpuLimitExceeded", True, False),
        ("SpotMaxPriceTooLow", True, False),
        ("UnauthorizedOperation", True, False),
        ("RequestLimitExceeded", False, True),
        ("InternalError", False, True),
        ("InvalidGroup.NotFound", False, True),
        ("InvalidKeyPair.NotFound", False, True),
        ("InvalidAMIID.NotFound", True, False),
        ("IdempotentParameterMismatch", False, False),
    ],
)
def test_what_another_place_or_another_moment_may_cure(code: str, elsewhere: bool, again: bool) -> None:
    with pytest.raises(ProviderError) as caught, aws_errors("a launch"):
        raise client_error(code)
    assert next_offer_may_do(caught.value) is elsewhere
    assert same_again_may_do(caught.value) is again
