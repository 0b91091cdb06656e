"""Look a capacity reservation up, and what is left to offer with it: its region, zone and type. Changes nothing."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from orchestrator.errors import InputRefusedError, ProviderError
from orchestrator.models import Market, Offer
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.error_translation import code_of
from orchestrator.providers.aws.regions import in_each
from orchestrator.providers.aws.reservations.reservation import (
    Reservation,
    not_there,
    refuse_unfit,
    reservation_of,
)
from orchestrator.providers.settings import AwsSettings

_UNKNOWN = frozenset({"InvalidCapacityReservationId.NotFound"})
OPEN_ONLY = frozenset({"", "none"})
"""Values of `capacity_reservation:` that name no reservation."""


def find_reservation(aws: Aws, settings: AwsSettings) -> Reservation | None:
    """The reservation that the fleet file names, which a host can be launched in now, by EC2's clock; None where it names none.

    One call for each region that may be used.

    Raises:
        InputRefusedError: no region has it, or it is for something else than the fleet file asks for.
        CapacityError: it has not begun, has ended, or has no capacity at present.
        ProviderError: AWS refused.
    """
    if settings.capacity_reservation in OPEN_ONLY:
        return None

    if settings.market is Market.SPOT:
        raise InputRefusedError(
            f"spot hosts run in no capacity reservation, and {settings.capacity_reservation} is named",
            "market: on-demand under `aws:`, or leave `capacity_reservation:` out",
        )
    now = datetime.now(UTC)

    def within(region: str) -> Reservation | None:
        nonlocal now
        id_ = settings.capacity_reservation
        try:
            with aws_errors(f"a look at {id_} in {region}"):
                answer = aws.ec2(region).describe_capacity_reservations(CapacityReservationIds=[id_])
        except ProviderError as error:
            if code_of(error) in _UNKNOWN:
                return None
            raise
        with suppress(TypeError, ValueError):
            headers = answer["ResponseMetadata"].get("HTTPHeaders", {})
            now = parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
        return next((reservation_of(each, region) for each in answer["CapacityReservations"]), None)

    found = next((each for each in in_each(aws, settings.regions, within).all if each is not None), None)
    if found is None:
        raise not_there(settings)
    refuse_unfit(found, settings, now)
    return found


def restrict_settings(settings: AwsSettings, found: Reservation | None) -> AwsSettings:
    """What the fleet file allows, without what the reservation rules out."""
    if found is None:
        return settings
    return replace(
        settings,
        regions=(found.region,),
        zones=(found.zone,),
        instance_types=(found.instance_type,),
        market=found.market,
    )


def in_reservation(made: tuple[Offer, ...], reservation: Reservation | None) -> tuple[Offer, ...]:
    """The offers, with what their price leaves out."""
    if reservation is None:
        return made
    return tuple(
        replace(
            each,
            description=f"{each.description}, {reservation.said}",
            prepaid=reservation.is_block,
            until=reservation.until,
        )
        for each in made
    )
