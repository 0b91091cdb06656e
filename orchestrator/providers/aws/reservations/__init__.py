"""Capacity that is reserved or bought beforehand, and named by the fleet file: On-Demand Capacity Reservations, Capacity Blocks."""

from orchestrator.providers.aws.reservations.lookup import in_reservation, narrowed, reserved
from orchestrator.providers.aws.reservations.reservation import Reservation, refuse_too_many

__all__ = ["Reservation", "in_reservation", "narrowed", "refuse_too_many", "reserved"]
