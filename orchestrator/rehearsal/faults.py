"""What can go wrong, by action and parameters. Decides only which fault a request meets; profiles of it are in `profiles`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

ALWAYS = -1
"""For `Fault.times`."""


REGION = "Region"
"""For `Fault.when`: where a request went, beside its parameters."""

CALLER = "AccessKeyId"
"""For `Fault.when`: with which key a request is signed."""

TAG = "Tag:"
"""For `Fault.unless`: `Tag:CostCenter` is the value of a tag that a request gives to what it makes."""


class Kind(StrEnum):
    """What a fault does to a request."""

    ERROR = "error"
    """Answer `code` and do nothing."""
    DROPPED = "dropped"
    """Close the connection and do nothing."""
    LOST_REPLY = "lost-reply"
    """Do the work, then close the connection."""
    DELAY = "delay"
    """Do the work after `seconds`."""
    HIDDEN = "hidden"
    """RunInstances: for `seconds` no other call knows the instances."""
    NO_ADDRESS = "no-address"
    """RunInstances: for `seconds` the instances have no public address."""
    DIES = "dies"
    """RunInstances: `pending`, then `terminated`, with `code` as the reason of the state."""
    RECLAIMED = "reclaimed"
    """RunInstances: the spot notice comes `seconds` after the instance runs, and two minutes later it is taken back."""
    CLOUD_INIT_FAILS = "cloud-init-fails"
    """RunInstances: a part of the user-data fails. Seen only where there are containers."""
    SILENT = "silent"
    """RunInstances: the instance runs and never answers. Seen only where there are containers."""
    NAME_TAKEN = "name-taken"
    """ImportKeyPair: somebody else has imported a key pair of that name a moment before."""
    ENDS_SLOWLY = "ends-slowly"
    """TerminateInstances: the instances are `shutting-down` for `seconds`."""
    NO_DEFAULT_SUBNET = "no-default-subnet"
    """The first zone of each region has no default subnet."""
    NO_DEFAULT_VPC = "no-default-vpc"
    """No region has a default VPC."""
    NO_PUBLIC_ADDRESSES = "no-public-addresses"
    """Default subnets give no public address unless the launch asks for one."""
    NO_ROUTE = "no-route"
    """The default VPC's route table has no route to an internet gateway."""


NETWORKS = frozenset({Kind.NO_DEFAULT_SUBNET, Kind.NO_DEFAULT_VPC, Kind.NO_PUBLIC_ADDRESSES, Kind.NO_ROUTE})
"""How the account's network is while such a fault is on. No request meets them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong."""

    action: str
    """`RunInstances`, or `*` for all."""
    kind: Kind = Kind.ERROR
    code: str = ""
    """AWS's error code, or the code of a state's reason."""
    status: int = 400
    """Of HTTP."""
    message: str = ""
    when: tuple[tuple[str, str], ...] = ()
    """(Parameter, beginning of its value) pairs that have to match. `Placement.AvailabilityZone` is filled in for
    RunInstances where only a subnet is named, and `REGION` for all."""
    unless: tuple[tuple[str, str], ...] = ()
    """As `when`: a request that has one of these is spared."""
    after: int = 0
    """How many requests that match go well before the first one that meets it."""
    times: int = ALWAYS
    """How often it happens."""
    stays_with: str = ""
    """A parameter: once it has happened, it happens again for the same value of that one, whatever `times` says."""
    seconds: float = 0.0

    def matches(self, action: str, parameters: Mapping[str, str]) -> bool:
        """Whether a request is one that it is for."""
        if self.kind in NETWORKS or self.action not in {"*", action}:
            return False

        def has(pair: tuple[str, str]) -> bool:
            return pair[0] in parameters and parameters[pair[0]].startswith(pair[1])

        return all(map(has, self.when)) and not any(map(has, self.unless))


class Faults:
    """The faults that are on, from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: list[tuple[Fault, int]] = []
        self._stuck: set[tuple[Fault, str]] = set()
        self._passed: dict[int, int] = {}

    def add(self, *faults: Fault) -> None:
        """Put faults behind those that are on."""
        with self._lock:
            self._left += [(fault, fault.times) for fault in faults]

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._left.clear()
            self._stuck.clear()
            self._passed.clear()

    @property
    def networks(self) -> frozenset[Kind]:
        """How the account's network is."""
        with self._lock:
            return NETWORKS & {fault.kind for fault, _ in self._left}

    def met(self, action: str, parameters: Mapping[str, str]) -> Fault | None:
        """The first fault that this request meets, which is counted as having happened; None when there is none."""
        with self._lock:
            for index, (fault, left) in enumerate(self._left):
                if not fault.matches(action, parameters):
                    continue
                place = (fault, parameters.get(fault.stays_with, ""))
                if place in self._stuck:
                    return fault
                if self._passed.get(index, 0) < fault.after:
                    self._passed[index] = self._passed.get(index, 0) + 1
                    continue
                if left:
                    self._left[index] = (fault, left - 1 if left > 0 else left)
                    if fault.stays_with:
                        self._stuck.add(place)
                    return fault
        return None
