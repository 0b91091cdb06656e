"""Reservations and blocks in the fake EC2, made and bought with the calls that a user makes."""

from datetime import datetime, timedelta

from orchestrator.providers.aws.clients import Aws
from orchestrator.rehearsal import Cloud

LINUX = "Linux/UNIX"


def reservation(
    cloud: Cloud,
    *,
    kind: str = "g4dn.xlarge",
    zone: str = "us-east-1b",
    count: int = 2,
    platform: str = LINUX,
) -> str:
    """The id of a new On-Demand Capacity Reservation."""
    made = (
        Aws(cloud.admin_url)
        .ec2(zone[:-1])
        .create_capacity_reservation(
            InstanceType=kind,
            InstancePlatform=platform,  # type: ignore[arg-type]
            AvailabilityZone=zone,
            InstanceCount=count,
        )
    )
    return made["CapacityReservation"].get("CapacityReservationId", "")


def block(
    cloud: Cloud, *, hours: int = 24, count: int = 2, in_hours: float = 0.0, kind: str = "p4d.24xlarge"
) -> tuple[str, datetime]:
    """The id of a Capacity Block that was bought in us-east-1, and when it ends."""
    ec2 = Aws(cloud.admin_url).ec2("us-east-1")
    begins = cloud.clock.now() + timedelta(hours=in_hours)
    (offering,) = ec2.describe_capacity_block_offerings(
        InstanceType=kind, InstanceCount=count, CapacityDurationHours=hours, StartDateRange=begins
    )["CapacityBlockOfferings"]
    bought = ec2.purchase_capacity_block(
        CapacityBlockOfferingId=offering.get("CapacityBlockOfferingId", ""), InstancePlatform="Linux/UNIX"
    )["CapacityReservation"]
    return bought.get("CapacityReservationId", ""), bought["EndDate"]
