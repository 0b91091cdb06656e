"""Ask several regions in parallel, and do without those that refuse as a whole. Changes nothing in any of them.

A region is left out only while another one answers: what all of them refuse is a matter of the credentials.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from orchestrator.errors import ProviderError
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.error_translation import code_of
from orchestrator.providers.aws.errors import NoAnswerError
from orchestrator.waiting import for_each

Answer = TypeVar("Answer")

_NOT_ENABLED = frozenset(
    {
        "AuthFailure",
        "InvalidClientTokenId",
        "OptInRequired",
        "PendingVerification",
        "UnrecognizedClientException",
    }
)
"""What a region answers to an account that has not enabled it: it knows none of its keys."""
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
"""What a policy answers that denies a region; or one action of several, so the next question is asked all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers(Generic[Answer]):
    """What the regions said."""

    by_region: dict[str, Answer]
    """In the order in which they were named."""
    left_out: dict[str, ProviderError]
    """Those that refused, and why."""

    @property
    def all(self) -> tuple[Answer, ...]:
        """The answers alone."""
        return tuple(self.by_region.values())


def in_each(aws: Aws, regions: Iterable[str], ask: Callable[[str], Answer]) -> Answers[Answer]:
    """Ask every region; one that refuses as a whole is left out, which is said once.

    Args:
        aws: the account.
        regions: by name; twice is once.
        ask: what to ask of one, which may change nothing there.

    Raises:
        ProviderError: every region refused, or one of them for a reason that has nothing to do with the region.
    """

    def one(region: str) -> Answer | ProviderError:
        earlier = aws.left_out.get(region)
        if earlier is not None and code_of(earlier) not in _DENIED:
            return earlier
        try:
            return ask(region)
        except ProviderError as error:
            if of_region(error):
                return error
            raise

    names = tuple(dict.fromkeys(regions))
    answers = dict(zip(names, for_each(names, one), strict=True))
    refused = {name: each for name, each in answers.items() if isinstance(each, ProviderError)}
    if refused and len(refused) == len(names):
        raise _of_all(refused)
    _say(aws, {name: error for name, error in refused.items() if name not in aws.left_out})
    aws.left_out |= refused
    return Answers(
        by_region={name: each for name, each in answers.items() if not isinstance(each, ProviderError)},
        left_out=refused,
    )


def _of_all(refused: dict[str, ProviderError]) -> ProviderError:
    """Every region refused: most likely a matter of the credentials, and of none of them where the account has not opted in."""
    region, first = next(iter(refused.items()))
    if code_of(first) not in _NOT_ENABLED:
        return first
    said = type(first)(first.cause, f"{first.hint}; or {hint(region, first)}")
    said.__cause__ = first
    return said


def of_region(error: ProviderError) -> bool:
    """Whether it may be the region alone that refuses, and another one does not."""
    return isinstance(error, NoAnswerError) or code_of(error) in _NOT_ENABLED | _DENIED


def hint(region: str, error: ProviderError) -> str:
    """What to type to have the region back."""
    if code_of(error) in _NOT_ENABLED:
        return (
            f"aws account enable-region --region-name {region}, if the account has not opted in;"
            " and compare this computer's clock: date -u"
        )
    return error.hint


def _say(aws: Aws, refused: dict[str, ProviderError]) -> None:
    """A line for each reason, so one for all the regions that a policy denies."""
    alike: dict[str, list[str]] = {}
    for region, error in refused.items():
        alike.setdefault(code_of(error) or type(error).__name__, []).append(region)
    for names in alike.values():
        first = refused[names[0]]
        aws.say(f"left out: {', '.join(names)}: {first.cause}; try: {hint(names[0], first)}")
