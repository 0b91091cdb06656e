"""The one door to JAX's arrays that lie on several hosts."""

from importlib import import_module
from typing import Any, TypeAlias

from workloads.collectives.engine import Array
from workloads.collectives.meeting import Meeting
from workloads.devices.cards import nvidia_cards

Jax: TypeAlias = Any
"""The module, and its classes: not installed where types are checked."""

AXIS = "replicas"
_START_S = 120


class JaxCollectives:
    """jax.distributed, and sums of any group of devices."""

    def __init__(self, meeting: Meeting) -> None:
        self._meeting = meeting
        self.transport = "gloo"

    def prepare(self) -> None:
        """See Collectives. JAX has to know the other tasks before it looks for devices; on the CPU, Gloo adds up between them."""
        if self._meeting.tasks == 1:
            return
        jax = import_module("jax")
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(
            coordinator_address=self._meeting.addresses[0],
            num_processes=self._meeting.tasks,
            process_id=self._meeting.rank,
            # Under Slurm JAX would else take one card of each task, and leave the others.
            local_device_ids=list(range(len(nvidia_cards() or ()))),
            initialization_timeout=_START_S,
        )

    def connect(self) -> None:
        """See Collectives."""
        jax = import_module("jax")
        self.transport = "nccl" if jax.local_devices()[0].platform == "gpu" else "gloo"

    def reducer(self, group: tuple[int, ...], key: int, length: int) -> "JaxReducer":
        """See Collectives. JAX tells groups apart by their devices."""
        del key
        return JaxReducer(group, length)

    def close(self) -> None:
        """See Collectives. Who left without a word would be taken for lost."""
        if self._meeting.tasks > 1:
            import_module("jax").distributed.shutdown()


class JaxReducer:
    """See Reducer. One row for each task; the sum of all rows is on each."""

    def __init__(self, group: tuple[int, ...], length: int) -> None:
        jax = self._jax = import_module("jax")
        firsts = {rank: min(_of_task(jax, rank), key=lambda device: device.id) for rank in group}
        sharding = import_module("jax.sharding")
        mesh = sharding.Mesh(import_module("numpy").array([firsts[rank] for rank in group]), (AXIS,))
        self._rows = sharding.NamedSharding(mesh, sharding.PartitionSpec(AXIS))
        self._shape = (len(group), length)
        self._own = firsts[jax.process_index()]
        self._add = jax.jit(
            lambda rows: rows.sum(axis=0),
            out_shardings=sharding.NamedSharding(mesh, sharding.PartitionSpec()),
        )

    def put(self, values: Array) -> Jax:
        """See Reducer."""
        row = self._jax.device_put(values[None, :], self._own)
        return self._jax.make_array_from_single_device_arrays(self._shape, self._rows, [row])

    def add(self, tensor: Jax) -> Jax:
        """See Reducer."""
        return self._add(tensor)

    def wait(self, tensor: Jax) -> None:
        """See Reducer."""
        tensor.block_until_ready()

    def fetch(self, tensor: Jax) -> Array:
        """See Reducer."""
        return import_module("numpy").asarray(tensor.addressable_data(0))

    def place(self, tensor: Jax) -> str:
        """See Reducer."""
        device = tensor.addressable_shards[0].device
        return f"{device.platform.upper()}:{self._jax.local_devices().index(device)}"


def _of_task(jax: Jax, rank: int) -> list[Jax]:
    return [device for device in jax.devices() if device.process_index == rank]
