"""Translate errors of boto3 into ours. Pure: exact codes, no guessing from texts; an unknown code is shown as it came."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

from orchestrator.errors import CapacityError, ProviderError, ThrottledError
from orchestrator.providers.aws.errors import Cure, Meaning, NoAnswerError, NotOfferedError
from orchestrator.providers.aws.errors.families import meaning_of_code
from orchestrator.providers.aws.session.exceptions import ROLES, meaning_of_exception
from orchestrator.sanitize import sanitized_line

NOT_YET_SEEN = frozenset(
    {
        "InvalidGroup.NotFound",
        "InvalidPlacementGroup.Unknown",
        "InvalidKeyPair.NotFound",
        "InvalidSubnetID.NotFound",
        "InvalidInstanceID.NotFound",
    }
)
"""What EC2 answers for a moment about something that it has just made."""

ABOUT_TIME = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "RequestExpired",
        "RequestInTheFuture",
        "SignatureDoesNotMatch",
    }
)
"""What AWS answers to a clock that is wrong, among other things."""

_SESSION_OPERATIONS = frozenset(
    {"AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials", "CreateToken", "GetSessionToken"}
)
"""What is asked to open a session, not to use it."""

_DENIED = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})
_TAGGING_OPERATIONS = frozenset(
    {
        "AllocateAddress",
        "CreateImage",
        "CreateInternetGateway",
        "CreateRouteTable",
        "CreateSecurityGroup",
        "CreateSubnet",
        "CreateVpc",
        "ImportKeyPair",
        "RunInstances",
    }
)
"""What puts tags on what it makes: an organization may deny it to whoever leaves out one that it demands."""

_ENCODED = re.compile(r"\s*Encoded authorization failure message:(?P<message>.*)", re.DOTALL)
_CONNECTION = re.compile(r"^<?\w*(\.\w+)*(\(.*?\)| object at \w+>): ")
"""How urllib3 names its own object before what happened to it."""
_LONGEST_CHAIN = 5


def translate(error: Exception, what: str) -> ProviderError:
    """The error of ours that says what kind of refusal it is.

    Args:
        error: a ClientError or BotoCoreError.
        what: the request in the user's words, to be read after "AWS refused": `a g5.xlarge in us-east-1a`; empty for a session
            that could not be opened.
    """
    meaning, detail = meaning_of(error), detail_of(error)
    refused = f"AWS refused {what}: " if what else ""
    if meaning is None:
        return ProviderError(
            f"{refused}{detail}", "`orchestrate status`; if it stays, look the code up at AWS"
        )
    return meaning.error(f"{refused}{meaning.said}: {detail}", f"{meaning.hint}{_about_tags(error)}")


def _about_tags(error: Exception) -> str:
    """What else may cure a denied creation: AWS denies one without a demanded tag in the same words as any other."""
    if code_of(error) not in _DENIED or getattr(error, "operation_name", "") not in _TAGGING_OPERATIONS:
        return ""
    return "; where an organization demands tags (the decoded message names them), `tags:` under `aws:`"


def meaning_of(error: Exception) -> Meaning | None:
    """What is known of an error of boto3; None when nothing is."""
    if code := code_of(error):
        if getattr(error, "operation_name", "") in _SESSION_OPERATIONS:
            return ROLES.get(code) or meaning_of_code(code)
        return meaning_of_code(code)
    return meaning_of_exception(error)


def code_of(error: BaseException) -> str:
    """AWS's code, of boto3's error or of ours that was made from it; empty when there is none."""
    each: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        response = getattr(each, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
        each = each.__cause__ if each is not None else None
    return ""


def encoded_in(error: Exception) -> str:
    """The encoded message of a refusal, whole: what `aws sts decode-authorization-message` takes. Empty when there is none."""
    response: dict[str, dict[str, str]] = getattr(error, "response", {})
    found = _ENCODED.search(response.get("Error", {}).get("Message", ""))
    return found["message"].strip() if found else ""


def behind(error: Exception, now: datetime) -> float | None:
    """Seconds by which a clock is behind that of the AWS server that answered; None when it did not say."""
    answer: dict[str, dict[str, dict[str, str]]] = getattr(error, "response", {})
    said = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        return (parsedate_to_datetime(said) - now).total_seconds()
    except (ValueError, TypeError):
        return None


def cure_of(error: ProviderError) -> Cure:
    """What may have what was refused. What EC2 has no code for, such as a zone without a subnet, is a matter of the place."""
    meaning = meaning_of_code(code_of(error))
    if meaning is not None:
        return meaning.cure
    return Cure.PLACE if isinstance(error, CapacityError | NotOfferedError) else Cure.NOTHING


def next_offer_may_do(error: ProviderError) -> bool:
    """Whether another zone, type or region may have what this one has not."""
    return cure_of(error) is not Cure.NOTHING


def same_again_may_do(error: ProviderError) -> bool:
    """Whether the same request may be taken a moment later: it was lost, came too fast, or what it names is too new."""
    return isinstance(error, ThrottledError | NoAnswerError) or code_of(error) in NOT_YET_SEEN


def no_room_to_start(error: CapacityError, fleet: str) -> CapacityError:
    """The same for hosts that are stopped: another zone, which helps a launch, is of no use to them."""
    return CapacityError(
        f"{error.cause}; a stopped host can only start where it is",
        f"`orchestrate start --name {fleet}`, later; or `orchestrate down --name {fleet}`, then `orchestrate up` somewhere else; or give it"
        " another type: aws ec2 modify-instance-attribute",
    )


def detail_of(error: Exception) -> str:
    """What AWS or boto3 says itself, in a line."""
    code = code_of(error)
    if not code:
        return sanitized_line(f"{error}{_of_proxy(error)}")
    response: dict[str, dict[str, str]] = getattr(error, "response", {})
    message = _ENCODED.sub("", response["Error"].get("Message", ""))
    return f"{sanitized_line(message)} ({code})" if message else code


def _of_proxy(error: Exception) -> str:
    """What a proxy answered, or why it was not reached; botocore says which proxy, without its password, and leaves that out."""
    if type(error).__name__ != "ProxyConnectionError":
        return ""
    inner = getattr(error, "kwargs", {}).get("error")
    said = str(getattr(inner, "original_error", ""))
    return f" ({_CONNECTION.sub('', said)})" if said else ""
