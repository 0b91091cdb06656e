"""The one door to TensorFlow's collective operations between hosts."""

from importlib import import_module
from typing import Any, TypeAlias

from workloads.collectives.engine import Array
from workloads.collectives.meeting import Meeting

TensorFlow: TypeAlias = Any
"""The module, and its classes: not installed where types are checked."""

_LIMIT_S = 600.0
"""Of one operation: the step's own limits are shorter."""
_OWN_KEYS = 1_000_000
"""Keys of the strategy's own groups begin at 1 and count up."""


class TensorFlowCollectives:
    """MultiWorkerMirroredStrategy, and single sums of any group."""

    def __init__(self, meeting: Meeting) -> None:
        self._meeting = meeting
        self.transport = "grpc"
        self.strategy: TensorFlow = None
        """In which variables are made and steps are run."""

    def prepare(self) -> None:
        """See Collectives."""

    def connect(self) -> None:
        """See Collectives. With one task there is nothing to connect: the strategy is that of one host."""
        tf = import_module("tensorflow")
        gpus = len(tf.config.list_physical_devices("GPU"))
        self.transport = "nccl" if gpus else "grpc"
        if self._meeting.tasks == 1:
            self.strategy = tf.distribute.MirroredStrategy(_local_devices(gpus))
            return
        kind = tf.distribute.experimental.CommunicationImplementation
        options = tf.distribute.experimental.CommunicationOptions(
            implementation=kind.NCCL if gpus else kind.RING
        )
        self.strategy = tf.distribute.MultiWorkerMirroredStrategy(
            cluster_resolver=_resolver(tf, self._meeting, gpus), communication_options=options
        )

    def reducer(self, group: tuple[int, ...], key: int, length: int) -> "TensorFlowReducer":
        """See Collectives."""
        return TensorFlowReducer(len(group), key, length, hint="nccl" if self.transport == "nccl" else "ring")

    def close(self) -> None:
        """See Collectives. Its servers end with the process."""


class TensorFlowReducer:
    """See Reducer."""

    def __init__(self, size: int, key: int, length: int, hint: str) -> None:
        tf = self._tf = import_module("tensorflow")
        self._device = "GPU:0" if tf.config.list_physical_devices("GPU") else "CPU:0"

        def add(values: TensorFlow) -> TensorFlow:
            return tf.raw_ops.CollectiveReduceV2(
                input=values,
                group_size=size,
                group_key=_OWN_KEYS + key,
                instance_key=_OWN_KEYS + key,
                ordering_token=[],
                merge_op="Add",
                final_op="Id",
                communication_hint=hint,
                timeout_seconds=_LIMIT_S,
            )

        self._add = tf.function(add, input_signature=[tf.TensorSpec([length], tf.float32)], autograph=False)

    def put(self, values: Array) -> TensorFlow:
        """See Reducer."""
        with self._tf.device(self._device):
            return self._tf.identity(self._tf.constant(values))

    def add(self, tensor: TensorFlow) -> TensorFlow:
        """See Reducer."""
        with self._tf.device(self._device):
            return self._add(tensor)

    def wait(self, tensor: TensorFlow) -> None:
        """See Reducer. Reading one number waits for all."""
        tensor[:1].numpy()

    def fetch(self, tensor: TensorFlow) -> Array:
        """See Reducer."""
        return tensor.numpy()

    def place(self, tensor: TensorFlow) -> str:
        """See Reducer."""
        spec = self._tf.DeviceSpec.from_string(tensor.device)
        return f"{spec.device_type}:{spec.device_index}"


def _local_devices(gpus: int) -> list[str]:
    return [f"/gpu:{index}" for index in range(gpus)] or ["/cpu:0"]


def _resolver(tf: TensorFlow, meeting: Meeting, gpus: int) -> TensorFlow:
    """Slurm's variables say which task this is; addresses are those that were agreed.

    The resolver's own reckoning sorts hosts by name, so that of ten hosts gpu10 comes before gpu2, and Slurm's ranks do not.
    """

    class Resolver(tf.distribute.cluster_resolver.SlurmClusterResolver):  # type: ignore[misc]  # it carries no types here
        def cluster_spec(self) -> TensorFlow:
            self.task_type, self.task_id = "worker", meeting.rank
            return tf.train.ClusterSpec({"worker": list(meeting.addresses)})

    # As many on a host as its tasks have together: the resolver would else ask nvidia-smi.
    return Resolver(gpus_per_node=gpus * meeting.tasks, gpus_per_task=gpus, auto_set_gpu=False)
