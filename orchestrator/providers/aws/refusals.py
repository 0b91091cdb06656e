"""Which error of ours an error of boto3 is. Pure: exact codes, no guessing from texts; an unknown code is shown as it came."""

import re

from orchestrator.errors import CapacityError, ProviderError, ThrottledError
from orchestrator.providers.aws.codes import CODES, EXCEPTIONS, Meaning, NoAnswerError, NotOfferedError
from orchestrator.sanitize import sanitized_line

NOT_YET_SEEN = frozenset(
    {
        "InvalidGroup.NotFound",
        "InvalidKeyPair.NotFound",
        "InvalidSubnetID.NotFound",
        "InvalidInstanceID.NotFound",
    }
)
"""What EC2 answers for a moment about something that it has just made."""

_ENCODED = re.compile(r"\s*Encoded authorization failure message:.*", re.DOTALL)


def translated(error: Exception, what: str) -> ProviderError:
    """The error of ours that says what kind of refusal it is.

    Args:
        error: a ClientError or BotoCoreError.
        what: the request in the user's words, to be read after "AWS refused": `a g5.xlarge in us-east-1a`.
    """
    meaning, detail = meaning_of(error), _detail(error)
    if meaning is None:
        return ProviderError(
            f"AWS refused {what}: {detail}", "orchestrate status; if it stays, look the code up at AWS"
        )
    return meaning.error(f"AWS refused {what}: {meaning.said}: {detail}", meaning.hint)


def meaning_of(error: Exception) -> Meaning | None:
    """What is known of an error of boto3; None when nothing is."""
    if code := code_of(error):
        return CODES.get(code)
    return next(
        (EXCEPTIONS[each.__name__] for each in type(error).__mro__ if each.__name__ in EXCEPTIONS), None
    )


def code_of(error: BaseException) -> str:
    """AWS's code, of boto3's error or of ours that was made from it; empty when there is none."""
    for each in (error, error.__cause__):
        response = getattr(each, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
    return ""


def next_offer_may_do(error: ProviderError) -> bool:
    """Whether another zone, type or region may have what this one has not."""
    return isinstance(error, CapacityError | NotOfferedError)


def same_again_may_do(error: ProviderError) -> bool:
    """Whether the same request may be taken a moment later: it was lost, came too fast, or what it names is too new."""
    return isinstance(error, ThrottledError | NoAnswerError) or code_of(error) in NOT_YET_SEEN


def _detail(error: Exception) -> str:
    code = code_of(error)
    if not code:
        return sanitized_line(str(error))
    response: dict[str, dict[str, str]] = getattr(error, "response", {})
    message = _ENCODED.sub("", response["Error"].get("Message", ""))
    return f"{sanitized_line(message)} ({code})" if message else code
