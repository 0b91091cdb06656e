"""The kinds of refusal that only AWS has, and what a code or an exception of its SDK stands for. Data only."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.errors import CapacityError, NotAuthorizedError, ProviderError


class NotOfferedError(ProviderError):
    """The zone or region does not have that type, or not in that configuration."""


class GroupCapacityError(CapacityError):
    """There is no room for hosts that have to be near each other: farther apart there may be."""


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


class Cure(StrEnum):
    """What may have what was refused: the offers that it is useless to try are those that are alike in this."""

    PLACE = "another zone or type"
    ZONE = "another zone"
    QUOTA = "another region, or a type of another quota"
    REGION = "another region"
    NOTHING = "no other offer"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code stands for."""

    error: type[ProviderError]
    said: str
    """To be read after `AWS refused <what>:`."""
    hint: str
    """`{profile}` and `{login}` are filled in by `session.profiles.spoken`."""
    cure: Cure = Cure.NOTHING
    """Of a refused launch. What a moment may cure is in `refusals.same_again_may_do`."""
