"""What the catalog, or else the name itself, says of an instance type. Asks nobody."""

import re

from orchestrator.catalog import UnknownInstanceTypeError, load
from orchestrator.catalog.rows import Ec2Type

_ARM = re.compile(r"(a1|[a-z]+\d+[a-z]*g[a-z]*)\.")
"""EC2's naming of types: a `g` among the letters behind the generation is a Graviton CPU, as in g5g, c7gn and x2gd."""


def row_of(instance_type: str) -> Ec2Type | None:
    """The catalog's row; None for a type that it does not have."""
    try:
        return load().ec2_type(instance_type)
    except UnknownInstanceTypeError:
        return None


def architecture_of(instance_type: str) -> str:
    """`x86_64` or `aarch64`."""
    row = row_of(instance_type)
    if row is not None:
        return row.host
    return "aarch64" if _ARM.match(instance_type) else "x86_64"


def vcpus_of(instance_type: str) -> int:
    """How many vCPUs it has; 0 when unknown."""
    row = row_of(instance_type)
    return row.vcpus if row is not None else 0
