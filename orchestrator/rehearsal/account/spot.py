"""The spot request behind an instance that RunInstances bought on the spot: moto launches those without one. Records only."""

from datetime import datetime
from typing import Any

from moto.ec2.models.instances import Instance
from moto.ec2.models.spot_requests import LaunchSpecification, SpotInstanceRequest
from moto.ec2.utils import random_spot_request_id

from orchestrator.rehearsal.account.regions import Region


class BoughtRequest(SpotInstanceRequest):
    """A one-time request that is fulfilled by an instance that exists. Closed when that is terminated."""

    def __init__(self, region: Region, instance: Instance, tags: dict[str, str]) -> None:
        # Not the parent's: that one would launch an instance of its own.
        self.ec2_backend = region
        self.id = random_spot_request_id()
        self.instance = instance
        self.launch_specification = LaunchSpecification(
            kernel_id=None,
            ramdisk_id=None,
            image_id=instance.image_id,
            key_name=str(instance.key_name or ""),
            instance_type=instance.instance_type,
            placement=instance.availability_zone,
            monitored=False,
            subnet_id=str(instance.subnet_id),
        )
        self.launch_specification.groups = list(instance.security_groups)
        self.state, self._status_code, self.status_message = (
            "active",
            "fulfilled",
            "Your Spot request is fulfilled.",
        )
        self.type = "one-time"
        self.price = ""
        self.valid_from = self.valid_until = None
        self.launch_group = self.availability_zone_group = None
        self.instance_interruption_behaviour = "terminate"
        self.user_data = None
        self.spot_fleet_id = None
        self.launch_spec = None
        self._updated_at = instance.launch_time
        self.add_tags(tags)

    @property
    def status(self) -> dict[str, Any]:
        """As EC2 shows it, with the time of the last change."""
        return {**super().status, "UpdateTime": self._updated_at}

    def close(self, why: str, at: datetime | None) -> None:
        """Its instance is gone: `instance-terminated-by-user`, `instance-terminated-no-capacity`; and since when."""
        if self.state == "active":
            self.state = "closed"
        self._status_code, self.status_message = why, "The instance is terminated."
        self._updated_at = at or self._updated_at


def buy(region: Region, instance: Instance, tags: dict[str, str]) -> None:
    """Give an instance its request, and the request's id."""
    request = BoughtRequest(region, instance, tags)
    region.spot_instance_requests[request.id] = request
    setattr(instance, "spot_instance_request_id", request.id)  # noqa: B010  moto shows it, and has no field for it


def close(region: Region, instance: Instance, why: str, at: datetime | None) -> None:
    """Close the request of an instance that ended, if it has one."""
    for request in region.spot_instance_requests.values():
        if isinstance(request, BoughtRequest) and request.instance is instance:
            request.close(why, at)
