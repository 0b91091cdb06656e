"""What rented hosts do and what goes on the bill beside them: the states of instances, disks, addresses, snapshots."""

from orchestrator.providers.aws.billing.extras import address, disk, snapshot_usd_per_month
from orchestrator.providers.aws.billing.statuses import statuses

__all__ = ["address", "disk", "snapshot_usd_per_month", "statuses"]
