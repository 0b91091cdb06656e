"""All workloads, in the order in which `--help` shows them. A new one is a folder with a `job` and a line here."""

from typing import Any

from workloads.all_reduce.job import WORKLOAD as ALL_REDUCE
from workloads.cifar10.job import WORKLOAD as CIFAR10
from workloads.distributed.job import WORKLOAD as DISTRIBUTED
from workloads.fashion_mnist.job import WORKLOAD as FASHION_MNIST
from workloads.gpu_burn.job import WORKLOAD as GPU_BURN
from workloads.keypoints.job import WORKLOAD as KEYPOINTS
from workloads.optimizers.job import WORKLOAD as OPTIMIZERS
from workloads.otto.job import WORKLOAD as OTTO
from workloads.smoke.job import WORKLOAD as SMOKE
from workloads.style_transfer.job import WORKLOAD as STYLE_TRANSFER
from workloads.workload import Workload

WORKLOADS: dict[str, Workload[Any]] = {
    workload.name: workload
    for workload in (
        SMOKE,
        FASHION_MNIST,
        CIFAR10,
        OTTO,
        KEYPOINTS,
        OPTIMIZERS,
        STYLE_TRANSFER,
        GPU_BURN,
        DISTRIBUTED,
        ALL_REDUCE,
    )
}
