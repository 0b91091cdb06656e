"""What EC2 answers about a capacity reservation that is named. Data only."""

from orchestrator.errors import CapacityError, InputRefusedError
from orchestrator.providers.aws.errors import Cure, Meaning

_SEE = "aws ec2 describe-capacity-reservations shows its state and its room"
_LEAVE_OUT = "leave `capacity_reservation:` out"
_NOT_THERE = Meaning(
    InputRefusedError,
    "the capacity reservation is not accepted",
    f"`capacity_reservation:` under `aws:`; {_SEE}, in each region",
)
_NOT_ACTIVE = Meaning(
    CapacityError,
    "the capacity reservation is not active",
    f"{_SEE}; name another one, or {_LEAVE_OUT}",
    Cure.PLACE,
)

RESERVATIONS: dict[str, Meaning] = {
    "ReservationCapacityExceeded": Meaning(
        CapacityError,
        "the capacity reservation has no room for it, or is for another type, zone or platform",
        f"{_SEE}; fewer `hosts:`, or {_LEAVE_OUT}",
        Cure.PLACE,
    ),
    "InvalidCapacityReservationId": _NOT_THERE,
    "InvalidCapacityReservationId.Malformed": _NOT_THERE,
    "InvalidCapacityReservationId.NotFound": _NOT_THERE,
    "InvalidCapacityReservationState": _NOT_ACTIVE,
}
"""By the exact code. No other zone, type or region has the reservation, so these hints name none."""
