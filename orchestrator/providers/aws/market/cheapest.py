"""Choose instance types by the memory of their cards and by price. Pure: the catalog's prices, in us-east-1."""

from orchestrator.catalog import Catalog
from orchestrator.catalog.rows import Ec2Type


def cheapest(
    catalog: Catalog, gpu_memory_mib: int, *, host: str = "x86_64", count: int | None = None
) -> tuple[str, ...]:
    """Types that are still offered and have so much memory on one whole NVIDIA card, the cheapest first.

    Args:
        catalog: the tables.
        gpu_memory_mib: what a job needs on one card.
        host: architecture of the CPU, `x86_64` or `aarch64`.
        count: how many to return at most; None for all of them.
    """
    fitting = [row for row in catalog.ec2_types if row.host == host and _fits(row, gpu_memory_mib)]
    fitting.sort(key=lambda row: (row.usd_per_hour, row.instance_type))
    return tuple(row.instance_type for row in fitting[:count])


def _fits(row: Ec2Type, gpu_memory_mib: int) -> bool:
    """A type without a known price is never the cheapest."""
    return (
        row.status in ("current", "previous")
        and row.vendor == "NVIDIA"
        and row.gpu_count > 0
        and row.gpu_share == "1"
        and row.gpu_memory_mib >= gpu_memory_mib
        and row.usd_per_hour > 0
    )
