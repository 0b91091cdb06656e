"""What disks, public addresses and snapshots cost, at AWS's list prices. Pure: a table, no call.

Sources: AWS's price list (offers v1.0, AmazonEC2, usage types `…-EBS:VolumeUsage.gp3` and `…-EBS:SnapshotUsage`; AmazonVPC,
`PublicIPv4:InUseAddress`) as public copies and readings of 2023 to 2026 have it, compared in November 2026. A region that no copy
was found for is not confirmed, which the plan says of its prices; one that is in no table has the dearest price, so that what is
called the most is hardly too little.
"""

from orchestrator.models import Extra

HOURS_PER_MONTH = 720.0
"""AWS bills a GiB-month by the second of a month of 30 days."""

IPV4_USD_PER_HOUR = 0.005
"""Each public IPv4 address, in every region: https://aws.amazon.com/vpc/pricing/."""

FREE_IOPS, FREE_MIBPS = 3000, 125
"""That every gp3 volume has at no extra price."""

_USD_PER_GIB_MONTH = {
    "us-east-1": 0.08,
    "us-east-2": 0.08,
    "us-west-1": 0.096,
    "us-west-2": 0.08,
    "ca-central-1": 0.088,
    "eu-central-1": 0.0952,
    "eu-west-1": 0.088,
    "eu-west-2": 0.0928,
    "eu-west-3": 0.0928,
    "eu-north-1": 0.0836,
    "ap-south-1": 0.0912,
    "ap-northeast-1": 0.096,
    "ap-northeast-2": 0.0912,
    "ap-southeast-1": 0.096,
    "ap-southeast-2": 0.096,
    "sa-east-1": 0.152,
    "af-south-1": 0.1047,
}
"""gp3. In São Paulo a provisioned IOPS costs 0.0095, which is 0.005 as often dearer as its GiB are: so `disk` reckons everywhere."""
_UNCONFIRMED = frozenset({"us-west-1", "ca-central-1", "ap-southeast-2"})
"""Regions of the table whose price for gp3 no copy of the price list confirms."""
_USD_PER_SNAPSHOT_GIB_MONTH = 0.05
_DEAREST_SNAPSHOT = 0.068
_CHEAP_SNAPSHOTS = frozenset({"us-east-1", "us-east-2", "us-west-2", "eu-west-1", "ap-south-1"})
"""Confirmed for us-east-1 and us-west-2; us-west-1 has 0.055. The others and the dearest price are not confirmed."""


def disk(region: str, gib: int, *, iops: int = 0, mibps: int = 0) -> Extra:
    """A gp3 volume; what goes beyond the free IOPS and throughput is paid for as well."""
    per_gib = _USD_PER_GIB_MONTH.get(region, max(_USD_PER_GIB_MONTH.values()))
    share = per_gib / 0.08  # IOPS and throughput are dearer where GiB are
    month = gib * per_gib
    month += max(0, iops - FREE_IOPS) * 0.005 * share
    month += max(0, mibps - FREE_MIBPS) * 0.04 * share
    more = [f"{iops} IOPS"] if iops > FREE_IOPS else []
    more += [f"{mibps} MiB/s"] if mibps > FREE_MIBPS else []
    more += [] if is_confirmed(region) else ["price not confirmed"]
    return Extra(
        what=f"disk of {gib} GiB ({', '.join(('gp3', *more))})",
        usd_per_hour=month / HOURS_PER_MONTH,
        while_stopped=True,
    )


def is_confirmed(region: str) -> bool:
    """Whether a copy of AWS's price list was found that has the region's price for gp3."""
    return region in _USD_PER_GIB_MONTH and region not in _UNCONFIRMED


def address(*, elastic: bool) -> Extra:
    """A public IPv4 address; an Elastic IP is paid for while its host is stopped as well."""
    return Extra(
        what="Elastic IP" if elastic else "public IPv4 address",
        usd_per_hour=IPV4_USD_PER_HOUR,
        while_stopped=elastic,
    )


def snapshot_usd_per_month(region: str, gib: float) -> float:
    """The most that a snapshot of a disk costs a month: only blocks that were written are paid for."""
    return gib * (_USD_PER_SNAPSHOT_GIB_MONTH if region in _CHEAP_SNAPSHOTS else _DEAREST_SNAPSHOT)
