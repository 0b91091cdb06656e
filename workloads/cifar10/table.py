"""The rows of table `configurations`: what was measured of each, and how it compares. Pure."""

from collections.abc import Mapping

from workloads.cifar10.configurations import Configuration, Precision, Spread
from workloads.cifar10.measurement import Measurement
from workloads.result import Kind, Row

TABLE = "configurations"


def row(
    configuration: Configuration,
    made: Measurement | None,
    earlier: Mapping[Configuration, Measurement],
) -> Row:
    """One line.

    Args:
        configuration: which.
        made: what was measured; None where it broke off.
        earlier: those that were measured before: CPUs come first.
    """
    speed = made.images_per_s if made else None
    known = earlier if made is None else {**earlier, configuration: made}
    one, each = one_thread(known), per_thread(known)
    gpu = configuration.kind is Kind.GPU
    return {
        "name": configuration.name,
        "devices": " ".join(configuration.device_names),
        "threads": configuration.threads,
        "spread": str(configuration.spread),
        "precision": str(configuration.precision),
        "xla": "on" if configuration.xla else "off",
        "images_per_s": speed,
        "seconds_to_accuracy": made.seconds_to_accuracy if made else None,
        "accuracy": made.test_accuracy if made else None,
        "peak_memory_mib": made.peak_mib if made else None,
        "replicas": made.replicas if made else None,
        "replica_difference": made.difference if made else None,
        "speedup": _ratio(speed, one),
        "cpus_worth": _ratio(speed, each) if gpu else None,
    }


def one_thread(measured: Mapping[Configuration, Measurement]) -> float | None:
    """Images per second of a single CPU thread; None where it was not measured."""
    return next(
        (made.images_per_s for each, made in measured.items() if _plain_cpu(each) and each.threads == 1), None
    )


def per_thread(measured: Mapping[Configuration, Measurement]) -> float | None:
    """Images per second and thread where the most threads were measured; None where no CPU was."""
    plain = [(each.threads, made.images_per_s) for each, made in measured.items() if _plain_cpu(each)]
    if not plain:
        return None
    threads, speed = max(plain)
    return speed / threads


def _plain_cpu(configuration: Configuration) -> bool:
    """As its name says: threads and nothing else."""
    return (
        configuration.kind is Kind.CPU
        and configuration.name == f"cpu-threads-{configuration.threads}"
        and configuration.spread is Spread.ALONE
        and configuration.precision is Precision.FLOAT32
    )


def _ratio(speed: float | None, other: float | None) -> float | None:
    return round(speed / other, 2) if speed and other else None
