"""What is known of GPUs, drivers, CUDA, cuDNN, TensorFlow, JAX, PyTorch, EC2 types and distributions, with its sources.

Facts only: what follows from them is decided in `orchestrator.resolve`.
"""

from orchestrator.catalog.cards.instance_types import UnknownInstanceTypeError
from orchestrator.catalog.cards.unsupported import AmbiguousGpuError, UnknownGpuError
from orchestrator.catalog.catalog import (
    UNTRIED,
    Catalog,
    UnknownDistributionError,
    load,
)
from orchestrator.catalog.reader import CatalogError

__all__ = [
    "UNTRIED",
    "AmbiguousGpuError",
    "Catalog",
    "CatalogError",
    "UnknownDistributionError",
    "UnknownGpuError",
    "UnknownInstanceTypeError",
    "load",
]
