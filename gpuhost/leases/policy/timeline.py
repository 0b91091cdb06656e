"""Which devices are free from when to when. Knows holds alone: what they are for does not matter here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WHOLE = 1.0
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Hold:
    """A device that is taken for a time."""

    starts_at: float
    ends_at: float
    fraction: float = 0.0
    """0: all of it."""


class Timeline:
    """The holds of each device."""

    def __init__(self, devices: Iterable[str]) -> None:
        self._holds: dict[str, list[Hold]] = {device: [] for device in devices}

    def take(self, devices: Iterable[str], hold: Hold) -> None:
        """Add a hold of each; what is no device any more is passed over."""
        for device in devices:
            if device in self._holds:
                self._holds[device].append(hold)

    def is_free(self, device: str, wanted: Hold) -> bool:
        """Whether the hold could be added: a fraction beside others that leave room, a whole device beside none."""
        met = self._meeting(device, wanted)
        if not met:
            return True
        if not wanted.fraction or any(not hold.fraction for hold in met):
            return False
        # The most is taken where one of them begins.
        moments = (wanted.starts_at, *(hold.starts_at for hold in met if hold.starts_at > wanted.starts_at))
        return all(_taken(met, moment) + wanted.fraction <= WHOLE + _ROUNDING for moment in moments)

    def taken(self, device: str, moment: float) -> float:
        """How much of the device is taken then, 0 to 1."""
        return _taken(self._holds[device], moment)

    def ends(self, after: float) -> list[float]:
        """When holds end, in order."""
        return sorted(
            {hold.ends_at for holds in self._holds.values() for hold in holds if hold.ends_at > after}
        )

    def _meeting(self, device: str, wanted: Hold) -> list[Hold]:
        return [
            hold
            for hold in self._holds[device]
            if hold.starts_at < wanted.ends_at and wanted.starts_at < hold.ends_at
        ]


def _taken(holds: Iterable[Hold], moment: float) -> float:
    there = (hold for hold in holds if hold.starts_at <= moment < hold.ends_at)
    return sum(hold.fraction or WHOLE for hold in there)
