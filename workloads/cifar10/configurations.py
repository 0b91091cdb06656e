"""Which configurations a host can be measured in, and which of them are asked for. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from workloads.result import CannotRunError, Kind, Word

DEFAULT, ALL = "default", "all"
LOGICAL_CPUS = 2
"""The CPU is shown as so many devices where replicas are tried without GPUs."""


class Spread(Word):
    """How a training is laid over devices."""

    ALONE = "alone"
    MIRRORED = "mirrored"
    """`tf.distribute.MirroredStrategy`."""
    TOWERS = "towers"
    """A replica on each device by `tf.device`, and the mean of their gradients."""
    SHARDED = "sharded"
    """`keras.distribution.DataParallel` on JAX."""


_SPREADS = {"tensorflow": (Spread.MIRRORED, Spread.TOWERS), "jax": (Spread.SHARDED,), "torch": ()}
"""By backend, those over several devices."""


class Precision(Word):
    """Keras' dtype policy."""

    FLOAT32 = "float32"
    MIXED_FLOAT16 = "mixed_float16"
    MIXED_BFLOAT16 = "mixed_bfloat16"


class UnknownConfigurationError(CannotRunError):
    """A configuration was asked for that this host does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One way to train the same network on the same images."""

    name: str
    kind: Kind
    devices: tuple[int, ...]
    """GPUs as the framework numbers them on this host; of a CPU its logical devices."""
    spread: Spread = Spread.ALONE
    threads: int
    """CPUs that the process may use."""
    precision: Precision = Precision.FLOAT32
    xla: bool = False
    default: bool = False
    """Measured where nothing else is asked for."""

    @property
    def places(self) -> tuple[str, ...]:
        """Where its weights have to be, as the framework numbers devices once it is shown these alone."""
        return tuple(f"{self.kind}:{index}" for index in range(len(self.devices)))

    @property
    def device_names(self) -> tuple[str, ...]:
        """Its devices as this host numbers them."""
        return tuple(f"{self.kind}:{index}" for index in self.devices)

    def batch_size(self, wanted: int) -> int:
        """Images a step over all devices: `wanted`, rounded up to an equal share for each."""
        return -(-wanted // len(self.devices)) * len(self.devices)


def available(backend: str, device: str, cpus: int, gpus: int) -> tuple[Configuration, ...]:
    """What can be measured, CPUs first: they are what GPUs are compared with.

    Args:
        backend: `tensorflow`, `jax` or `torch`.
        device: `auto` for all, `cpu` or `gpu` for those alone.
        cpus: how many this process may use.
        gpus: how many the framework lists.
    """
    found: list[Configuration] = []
    if device != "gpu":
        found += _of_cpu(backend, cpus)
    if device != "cpu":
        found += [each for gpu in range(gpus) for each in _of_gpu(backend, gpu, cpus)]
        if gpus > 1:
            found += _of_gpus(backend, gpus, cpus)
    return tuple(found)


def chosen(wanted: Sequence[str], there: Sequence[Configuration]) -> tuple[Configuration, ...]:
    """Those of `there` that were asked for by name, or as `default` or `all`. Raises UnknownConfigurationError."""
    names = [each.name for each in there]
    unknown = [name for name in wanted if name not in {DEFAULT, ALL, *names}]
    if unknown:
        raise UnknownConfigurationError(
            f"--configurations: {', '.join(unknown)} is not here; this host has {', '.join(names)}"
        )
    return tuple(
        each for each in there if ALL in wanted or each.name in wanted or (DEFAULT in wanted and each.default)
    )


def thread_counts(cpus: int) -> tuple[int, ...]:
    """1, 2, 4 … and all."""
    doubled = [1]
    while doubled[-1] * 2 < cpus:
        doubled.append(doubled[-1] * 2)
    return tuple(dict.fromkeys((*doubled, cpus)))


def _of_cpu(backend: str, cpus: int) -> Iterator[Configuration]:
    every = Configuration(
        name="", kind=Kind.CPU, devices=(0,), threads=cpus, xla=backend == "jax", default=False
    )
    for threads in thread_counts(cpus):
        yield replace(every, name=f"cpu-threads-{threads}", threads=threads, default=threads in {1, cpus})
    yield replace(every, name="cpu-mixed", precision=Precision.MIXED_BFLOAT16)
    if backend == "tensorflow":
        yield replace(every, name="cpu-xla", xla=True, default=True)
    for spread in _SPREADS[backend]:
        yield replace(every, name=f"cpu-{spread}", spread=spread, devices=tuple(range(LOGICAL_CPUS)))


def _of_gpu(backend: str, gpu: int, cpus: int) -> Iterator[Configuration]:
    """Each alone by default; what the first gains by mixed precision and XLA the others of its kind gain too."""
    plain = Configuration(
        name=f"gpu{gpu}", kind=Kind.GPU, devices=(gpu,), threads=cpus, xla=backend == "jax", default=True
    )
    first = gpu == 0
    yield plain
    mixed = replace(plain, name=f"gpu{gpu}-mixed", precision=Precision.MIXED_FLOAT16, default=first)
    yield mixed
    if backend == "tensorflow":
        yield replace(plain, name=f"gpu{gpu}-xla", xla=True, default=first)
        yield replace(mixed, name=f"gpu{gpu}-mixed-xla", xla=True, default=False)


def _of_gpus(backend: str, gpus: int, cpus: int) -> Iterator[Configuration]:
    for spread in _SPREADS[backend]:
        plain = Configuration(
            name=f"gpus-{spread}",
            kind=Kind.GPU,
            devices=tuple(range(gpus)),
            threads=cpus,
            spread=spread,
            xla=backend == "jax",
            default=True,
        )
        yield plain
        if spread is not Spread.TOWERS:  # a float16 gradient needs its loss scaled, which Keras does
            mixed = Precision.MIXED_FLOAT16
            yield replace(plain, name=f"{plain.name}-mixed", precision=mixed, default=False)
