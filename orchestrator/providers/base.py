"""The provider contract. Each sentence in these docstrings is a test in `tests/providers`.

A provider never waits for a host to boot (that is `stages/launch.py`), never writes to the run folder and never prints.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from orchestrator.models import (
    ForeignFleet,
    Host,
    InstanceStatus,
    LaunchRequest,
    Offer,
    ReceiptLine,
    Resource,
)

Intend = Callable[[str, str], None]
"""Called with (kind, name) right before each call that creates something, so that a crash in between is on record."""

UNMARKED = "unknown"
"""In place of an owner, of what carries a fleet's name and nobody's mark."""

PLACE = "region"
"""The kind of a receipt's line that is about a whole place, which could not be asked."""
NOT_ASKED = "not asked"
"""The state of such a place: what is there is neither gone nor there, as far as anybody knows."""

Say = Callable[[str], None]
"""Takes one line of progress about something that takes long; shows nothing itself."""


class ReleaseAction(StrEnum):
    """What `release` can do to a fleet."""

    STOP = "stop"
    START = "start"
    TERMINATE = "terminate"


class FirstKey(StrEnum):
    """How a new host comes by its first host key and whom to let in."""

    SEALED = "sealed"
    """By a channel that nobody else can read: the key is the host's own for life."""
    OPEN = "open"
    """cloud-init reads them where others may too: the key is replaced on first contact, and booting takes until cloud-init
    has said that it is done."""
    EARLIER = "earlier"
    """The host was there before us."""


class Provider(Protocol):
    """A source of hosts, as one owner sees it.

    Several owners may share one, each with fleets of the same names, side by side. What carries another owner's mark, or none,
    is never taken for ours: `makes`, `launch`, `find`, `release` and `resources` know this owner's things alone.
    """

    name: str
    """The value of `cloud:` that selects it."""
    first_key: FirstKey

    def offers(self, request: LaunchRequest) -> tuple[Offer, ...]:
        """What could be had for this request, one offer per distinct kind of host.

        Where a provider has several for one kind, they come in the order in which `launch` tries them. Creates and spends
        nothing. An offer that is not available says why in `reason`.
        """
        ...

    def makes(self, request: LaunchRequest) -> tuple[str, ...]:
        """Every resource that `launch` would make for this request, a line each; nothing that exists already.

        Creates nothing.
        """
        ...

    def launch(self, request: LaunchRequest, intend: Intend) -> tuple[Host, ...]:
        """Make every requested host exist and be started, in parallel; return them in the order of the request.

        Idempotent: the same request twice makes nothing twice. Hosts that exist are kept, stopped ones are started,
        and what an earlier call left half-made is finished or replaced. Returns as soon as the provider has taken the
        request: hosts may still be `PENDING` or booting. `intend` is called before each call that creates something.

        A host that died after an earlier call of this object is replaced, from the next offer.

        Raises:
            ProviderError: something was refused. What was created so far stays, and is found by `resources`.
        """
        ...

    def explain(self, host: Host) -> str:
        """Why a host that `launch` returned is gone, broken or silent, as the provider knows it; empty when it knows nothing."""
        ...

    def find(self, fleet: str) -> tuple[Host, ...]:
        """The fleet's hosts as the provider knows them now, by name order; empty when there are none.

        Reads no file of ours: the provider is the truth.
        """
        ...

    def instances(self, fleet: str) -> tuple[InstanceStatus, ...]:
        """What there is to be said of each instance that is or was paid for by the hour; empty where nothing is.

        An instance that ended, by whatever hand, is among them with the reason of its end for as long as the provider shows it.
        Those of earlier fleets of that name may be among them: they have another `token`. Changes nothing.
        """
        ...

    def release(self, fleet: str, action: ReleaseAction) -> tuple[ReceiptLine, ...]:
        """Stop, start or terminate everything the fleet owns; return a line for each resource touched.

        Gone already is success. After `TERMINATE`, each line's `gone` was proved by asking again. A place that could not be asked
        and may have something of the fleet has a line of its own, which is not gone.
        """
        ...

    def resources(self, fleet: str) -> tuple[Resource, ...]:
        """Everything the fleet owns here, half-made things included; empty when nothing is left."""
        ...

    def foreign(self, fleet: str) -> tuple[ForeignFleet, ...]:
        """What carries the fleet's name and another owner's mark, or none: one for each mark, by mark. Changes nothing."""
        ...

    def adopt(self, fleet: str, owner: str, intend: Intend) -> tuple[Resource, ...]:
        """Make ours what carries the fleet's name and that owner's mark; return it.

        Nothing is stopped, started or made anew. From then on `find`, `release` and `resources` have it, and those of the
        other owner do not; what the other one makes afterwards is the other one's. Repeated after a crash, it goes on.

        Raises:
            UsageError: there is nothing of that owner, or we have a host of the same name in this fleet.
            ProviderError: something was refused.
        """
        ...

    def admit(self, fleet: str, authorized_key: str) -> None:
        """Have our hosts of the fleet let in the holder of this key, and nobody who held an earlier one.

        Raises:
            ProviderError: only somebody who is logged in on a host could change that.
        """
        ...

    def fleets(self) -> tuple[tuple[str, str], ...]:
        """(Fleet, owner) of all that has anything here, whoever made it, by name; `UNMARKED` where no mark says whose it is."""
        ...

    def skipped_regions(self) -> dict[str, str]:
        """Places that refused to be asked so far, while others answered, by name and with the reason. What is there is unknown."""
        ...
