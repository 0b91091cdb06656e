"""Faults by the name that `--fault` takes. Data only; docs/rehearsal.md has a line for each.

Codes, statuses and words as EC2 answers them: its error reference, botocore's retry table, and public reports of them.
"""

from dataclasses import replace

from orchestrator.rehearsal.faults import REGION, TAG, Fault, Kind

_NO_CAPACITY = (
    "We currently do not have sufficient capacity of that type in the Availability Zone you requested."
)
_RUN = "RunInstances"
DEMANDED_TAG = "CostCenter"
"""What `tags-demanded` wants."""
_DENIED = (
    "You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/trainer/me is not authorized"
    " to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:123456789012:instance/* with an explicit deny in a"
    f" service control policy. Encoded authorization failure message: {'Zb3T9x-' * 120}"
)
_EXPIRED = Fault(action="*", code="RequestExpired", message="Request has expired.", after=14)
"""A plan asks ten times and its launch four times more before it asks for hosts."""

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
    "reservation-full": (
        Fault(
            action=_RUN,
            code="ReservationCapacityExceeded",
            message="The requested reservation does not have sufficient compatible and available capacity for this request.",
            when=(("CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId", ""),),
        ),
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
    "key-taken": (Fault(action="ImportKeyPair", kind=Kind.NAME_TAKEN, times=1),),
    "broken": (
        Fault(action=_RUN, code="InternalError", status=500, message="An internal error has occurred"),
    ),
    "region-disabled": (
        Fault(
            action="*",
            code="AuthFailure",
            status=401,
            message="AWS was not able to validate the provided access credentials",
            unless=((REGION, "us-east-1"),),
        ),
    ),
    "no-default-subnet": (Fault(action="*", kind=Kind.NO_DEFAULT_SUBNET),),
    "no-default-vpc": (Fault(action="*", kind=Kind.NO_DEFAULT_VPC),),
    "no-public-addresses": (Fault(action="*", kind=Kind.NO_PUBLIC_ADDRESSES),),
    "no-address": (Fault(action=_RUN, kind=Kind.NO_ADDRESS, seconds=86400),),
    "no-route": (Fault(action="*", kind=Kind.NO_ROUTE),),
    "scp-denied": (Fault(action=_RUN, code="UnauthorizedOperation", status=403, message=_DENIED),),
    "tags-demanded": (
        Fault(
            action=_RUN,
            code="UnauthorizedOperation",
            status=403,
            message=_DENIED,
            unless=((f"{TAG}{DEMANDED_TAG}", ""),),
        ),
    ),
    "tag-policy": (
        Fault(
            action=_RUN,
            code="TagPolicyViolation",
            message=f"The tag policy does not allow the specified value for the following tag key: '{DEMANDED_TAG}'.",
            unless=((f"{TAG}{DEMANDED_TAG}", ""),),
        ),
    ),
    "no-spot-role": (
        Fault(
            action=_RUN,
            code="AuthFailure.ServiceLinkedRoleCreationNotPermitted",
            status=403,
            message="The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
            when=(("InstanceMarketOptions.MarketType", "spot"),),
        ),
    ),
    "kms-denied": (Fault(action=_RUN, kind=Kind.DIES, code="Client.InternalError"),),
    "kms-disabled": (Fault(action=_RUN, kind=Kind.DIES, code="Client.InvalidKMSKey.InvalidState"),),
    "session-expires": (_EXPIRED,),
    "session-expires-later": (replace(_EXPIRED, after=15),),
    "no-room-to-start": (
        Fault(action="StartInstances", code="InsufficientInstanceCapacity", status=500, message=_NO_CAPACITY),
    ),
    "slow-termination": (Fault(action="TerminateInstances", kind=Kind.ENDS_SLOWLY, seconds=90),),
    "cloud-init-fails": (Fault(action=_RUN, kind=Kind.CLOUD_INIT_FAILS, times=1),),
    "silent": (Fault(action=_RUN, kind=Kind.SILENT, times=1),),
}
"""By name."""
