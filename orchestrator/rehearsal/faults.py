"""What can go wrong, by action and parameters, and profiles of it by name. Decides only which fault a request meets."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

ALWAYS = -1
"""For `Fault.times`."""


REGION = "Region"
"""For `Fault.when`: where a request went, beside its parameters."""


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
    """RunInstances: a part of the user-data fails. Seen only where there are stand-ins."""
    SILENT = "silent"
    """RunInstances: the instance runs and never answers. Seen only where there are stand-ins."""


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
    times: int = ALWAYS
    """How often it happens."""
    stays_with: str = ""
    """A parameter: once it has happened, it happens again for the same value of that one, whatever `times` says."""
    seconds: float = 0.0

    def matches(self, action: str, parameters: Mapping[str, str]) -> bool:
        """Whether a request is one that it is for."""
        return self.action in {"*", action} and all(
            parameters.get(name, "").startswith(value) and name in parameters for name, value in self.when
        )


class Faults:
    """The faults that are on, from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: list[tuple[Fault, int]] = []
        self._stuck: set[tuple[Fault, str]] = set()

    def add(self, *faults: Fault) -> None:
        """Put faults behind those that are on."""
        with self._lock:
            self._left += [(fault, fault.times) for fault in faults]

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._left.clear()
            self._stuck.clear()

    def met(self, action: str, parameters: Mapping[str, str]) -> Fault | None:
        """The first fault that this request meets, which is counted as having happened; None when there is none."""
        with self._lock:
            for index, (fault, left) in enumerate(self._left):
                if not fault.matches(action, parameters):
                    continue
                place = (fault, parameters.get(fault.stays_with, ""))
                if place in self._stuck:
                    return fault
                if left:
                    self._left[index] = (fault, left - 1 if left > 0 else left)
                    if fault.stays_with:
                        self._stuck.add(place)
                    return fault
        return None


_NO_CAPACITY = (
    "We currently do not have sufficient capacity of that type in the Availability Zone you requested."
)
_RUN = "RunInstances"

PROFILES: dict[str, tuple[Fault, ...]] = {
    "no-capacity": (
        Fault(
            action=_RUN,
            code="InsufficientInstanceCapacity",
            status=500,
            message=_NO_CAPACITY,
            times=1,
            stays_with="Placement.AvailabilityZone",
        ),
    ),
    "no-capacity-anywhere": (
        Fault(action=_RUN, code="InsufficientInstanceCapacity", status=500, message=_NO_CAPACITY),
    ),
    "throttled": (
        Fault(
            action="*", code="RequestLimitExceeded", status=503, message="Request limit exceeded.", times=3
        ),
    ),
    "throttled-for-good": (
        Fault(action="*", code="RequestLimitExceeded", status=503, message="Request limit exceeded."),
    ),
    "spot-reclaim": (Fault(action=_RUN, kind=Kind.RECLAIMED, seconds=30, times=1),),
    "late-address": (Fault(action=_RUN, kind=Kind.NO_ADDRESS, seconds=3),),
    "late-visibility": (Fault(action=_RUN, kind=Kind.HIDDEN, seconds=2),),
    "lost-reply": (Fault(action=_RUN, kind=Kind.LOST_REPLY, times=1),),
    "dropped": (Fault(action=_RUN, kind=Kind.DROPPED, times=1),),
    "slow": (Fault(action="*", kind=Kind.DELAY, seconds=0.5),),
    "no-quota": (
        Fault(
            action=_RUN,
            code="VcpuLimitExceeded",
            message="You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket"
            " that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request"
            " to request an adjustment to this limit.",
        ),
    ),
    "no-spot-quota": (
        Fault(
            action=_RUN,
            code="MaxSpotInstanceCountExceeded",
            message="Max spot instance count exceeded",
            when=(("InstanceMarketOptions.MarketType", "spot"),),
        ),
    ),
    "unauthorized": (
        Fault(
            action=_RUN,
            code="UnauthorizedOperation",
            status=403,
            message="You are not authorized to perform this operation.",
        ),
    ),
    "async-death": (Fault(action=_RUN, kind=Kind.DIES, code="Server.InsufficientInstanceCapacity", times=1),),
    "image-gone": (
        Fault(
            action=_RUN,
            code="InvalidAMIID.NotFound",
            message="The image id does not exist",
        ),
    ),
    "key-taken": (
        Fault(
            action="ImportKeyPair",
            code="InvalidKeyPair.Duplicate",
            message="The keypair already exists",
        ),
    ),
    "broken": (
        Fault(action=_RUN, code="InternalError", status=500, message="An internal error has occurred"),
    ),
    "cloud-init-fails": (Fault(action=_RUN, kind=Kind.CLOUD_INIT_FAILS, times=1),),
    "silent": (Fault(action=_RUN, kind=Kind.SILENT, times=1),),
}
"""By the name that `--fault` takes. Codes and statuses as EC2 answers them (its error reference and botocore's retry table)."""
