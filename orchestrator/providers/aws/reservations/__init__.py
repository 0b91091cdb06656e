"""Capacity that is reserved or bought beforehand, and named by the fleet file: On-Demand Capacity Reservations, Capacity Blocks."""

from orchestrator.providers.aws.reservations.lookup import find_reservation, in_reservation, restrict_settings
from orchestrator.providers.aws.reservations.reservation import Reservation, refuse_too_many

__all__ = ["Reservation", "find_reservation", "in_reservation", "refuse_too_many", "restrict_settings"]
