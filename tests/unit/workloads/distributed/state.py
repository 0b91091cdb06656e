"""Builders: a state and how far it has come."""

from typing import Any

import numpy as np

from workloads.distributed.arguments import DistributedArguments
from workloads.distributed.state.checkpoint import Progress, State
from workloads.distributed.state.network import LENGTH


def state(value: float = 0.5) -> State:
    return State(
        weights=np.full(LENGTH, value, np.float32),
        first=np.full(LENGTH, value + 1, np.float32),
        second=np.full(LENGTH, value + 2, np.float32),
    )


def progress(step: int) -> Progress:
    return Progress(step=step, first_loss=2.3, loss=1.25, right=300.0, steps=step, seconds=0.5)


def asked(**changed: Any) -> DistributedArguments:
    values: dict[str, Any] = {
        "workload": "distributed",
        "device": "cpu",
        "backend": "tensorflow",
        "memory_limit_mib": None,
        "seed": 1,
        "attempt": "",
        "epochs": 2,
        "batch_size": 10,
        "min_accuracy": 0.85,
        "checkpoints": "",
        "checkpoint_seconds": 1000,
        "alone_seconds": 1,
        "min_efficiency": 0.0,
        "tasks": 0,
        "join_seconds": 5,
        "silence_seconds": 5,
        "stall_seconds": 60,
    }
    return DistributedArguments(**values | changed)
