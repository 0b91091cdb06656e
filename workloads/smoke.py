"""Does TensorFlow compute, where it was told to, and rightly? Small sums whose answers are known beforehand.

Soft placement is off: an operation that its device cannot do fails, where TensorFlow would else move it to the CPU.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from workloads.devices.cards import check_memory
from workloads.devices.framework import Framework
from workloads.devices.opening import check_used, common_kind, computing, open_framework
from workloads.known_answer.trial import random_product, worst
from workloads.progress import Record
from workloads.result import Check, Kind, check

CHECKS = (
    "devices_listed",
    "cards_counted",
    "hello_world",
    "multiplication",
    "placed_matmul",
    "multi_tower_sum",
    "device_used",
    "gpu_health",
)

GREETING = "Hello, world!"
FACTORS = (123, 456)
LOGICAL_CPUS = 2
"""TensorFlow is shown the CPU as this many devices, so that towers meet across devices on a host without a GPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A matrix product on one device, compared with NumPy's."""

    asked: str
    place: str
    error: float
    """The largest error of an element, as a share of what float32 allows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Towers:
    """A sum of parts, each computed on a device of its own, compared with NumPy's."""

    asked: tuple[str, ...]
    places: tuple[str, ...]
    total: tuple[float, ...]
    expected: tuple[float, ...]


def run(record: Record) -> None:
    """Make every check; stop after the first when no device of the wanted kind is there.

    Lets through what `open_framework` raises, and TensorFlow's own errors.
    """
    opened = open_framework(record)
    if opened is None:
        return
    framework, wanted = opened
    _set_up()
    record.check(check_greeting(_greet()))
    answer, answer_place = _multiply(framework, wanted)
    record.check(check_multiplication(answer))
    products = _multiply_matrices(framework, computing(wanted, record.devices), record.arguments.seed)
    record.check(check_products(products))
    towers = _sum_towers(framework)
    record.check(check_towers(towers))
    places = (answer_place, *(product.place for product in products))
    record.used = common_kind(places)
    record.metrics["matmul_error"] = worst(product.error for product in products)
    record.check(check_used(wanted, places))
    if record.arguments.memory_limit_mib is not None:
        record.check(check_memory(record.arguments.memory_limit_mib, framework.peak_mib()))


def check_greeting(seen: str) -> Check:
    """Strings go through TensorFlow unharmed."""
    reason = "" if seen == GREETING else "the text came back changed"
    return check("hello_world", reason, seen=seen, expected=GREETING)


def check_multiplication(seen: int) -> Check:
    """123 times 456."""
    expected = FACTORS[0] * FACTORS[1]
    reason = "" if seen == expected else f"{FACTORS[0]} x {FACTORS[1]} is {expected}"
    return check("multiplication", reason, seen=str(seen), expected=str(expected))


def check_products(products: Sequence[Product]) -> Check:
    """Every device computed the matrix product that was placed there, each element as near as float32 allows."""
    asked = ", ".join(product.asked for product in products)
    reasons = [
        f"what {product.asked} was asked for was computed on {product.place}"
        if product.place != product.asked
        else f"{product.asked} differs from NumPy"
        for product in products
        # Not `>`: an error that is not a number must fail too.
        if product.place != product.asked or not product.error <= 1
    ]
    return check(
        "placed_matmul",
        "; ".join(reasons) if products else "no device multiplied",
        seen=", ".join(f"{product.place}: {product.error:.2%} of the tolerance" for product in products),
        expected=f"within the tolerance on {asked}",
    )


def check_towers(towers: Towers) -> Check:
    """Each device computed its own part, and the parts add up. Small whole numbers: nothing is rounded anywhere."""
    seen = f"{_numbers(towers.total)} from {', '.join(towers.places)}"
    expected = f"{_numbers(towers.expected)} from {', '.join(towers.asked)}"
    return check("multi_tower_sum", "" if seen == expected else "it differs", seen=seen, expected=expected)


def _set_up() -> None:
    import tensorflow as tf

    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * LOGICAL_CPUS)
    tf.config.set_soft_device_placement(enabled=False)
    # TensorFloat-32, the default of newer cards, keeps 10 bits of each factor: float32 is what is compared here.
    tf.config.experimental.enable_tensor_float_32_execution(enabled=False)


def _greet() -> str:
    import tensorflow as tf

    # There are no strings on a GPU.
    with tf.device("CPU:0"):
        text = tf.strings.join(["Hello", "world!"], separator=", ")
    return str(text.numpy().decode())


def _multiply(framework: Framework, wanted: Kind) -> tuple[int, str]:
    import tensorflow as tf

    # int64: of int32, TensorFlow keeps what is "on the GPU" in the host's memory and lets the CPU compute.
    with tf.device(f"{wanted}:0"):
        answer = tf.multiply(*(tf.constant(factor, tf.int64) for factor in FACTORS))
    return int(answer.numpy()), framework.place(answer)


def _multiply_matrices(framework: Framework, devices: Sequence[str], seed: int) -> tuple[Product, ...]:
    product = random_product(seed)
    made = []
    for device in devices:
        answer = framework.multiply(framework.put(product.left, device), framework.put(product.right, device))
        place, error = framework.place(answer), product.error(framework.fetch(answer))
        made.append(Product(asked=device, place=place, error=error))
    return tuple(made)


def _sum_towers(framework: Framework) -> Towers:
    """Device number n computes n * A @ B; the first CPU adds up."""
    import numpy as np
    import tensorflow as tf

    left, right = (
        np.arange(1, 7, dtype=np.float32).reshape(2, 3),
        np.arange(1, 7, dtype=np.float32).reshape(3, 2),
    )
    devices = tf.config.list_logical_devices()
    parts = []
    for number, device in enumerate(devices, start=1):
        with tf.device(device.name):
            parts.append(tf.matmul(number * left, right))
    with tf.device("CPU:0"):
        total = tf.add_n(parts)
    expected = sum(range(1, len(devices) + 1)) * (left @ right)
    return Towers(
        asked=tuple(device.name.partition("device:")[2] for device in devices),
        places=tuple(framework.place(part) for part in parts),
        total=tuple(total.numpy().ravel().tolist()),
        expected=tuple(expected.ravel().tolist()),
    )


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in values)
