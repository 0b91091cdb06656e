"""What rented hosts do and what goes on the bill beside them: the states of instances, disks, addresses, snapshots."""

from orchestrator.providers.aws.billing.extras import address, disk, snapshot_usd_per_month
from orchestrator.providers.aws.billing.statuses import instance_statuses

__all__ = ["address", "disk", "instance_statuses", "snapshot_usd_per_month"]
