"""Put the small sums of `smoke` to a framework. Judges nothing, and knows no framework by name."""

from collections.abc import Sequence
from functools import reduce

from workloads.devices.framework import Framework
from workloads.known_answer.trial import random_product
from workloads.smoke.judge import FACTORS, GREETING, Product, Towers

_CPU = "CPU:0"


def greet(framework: Framework) -> str:
    """The two halves of a text, joined as bytes: neither JAX nor PyTorch has strings, and no GPU has."""
    import numpy as np

    first, last = (framework.put(np.array(list(part.encode()), np.uint8), _CPU) for part in GREETING)
    return bytes(framework.fetch(framework.join(first, last)).tolist()).decode(errors="replace")


def multiply_numbers(framework: Framework, device: str) -> tuple[float, str]:
    """The product of two whole numbers, and where it was computed.

    In float32, which holds it exactly: TensorFlow lets the CPU compute int32 of a GPU, and JAX has no int64 unless it is told to.
    """
    import numpy as np

    factors = (framework.put(np.array(factor, np.float32), device) for factor in FACTORS)
    answer = framework.scale(*factors)
    return float(framework.fetch(answer)), framework.place(answer)


def multiply_matrices(framework: Framework, devices: Sequence[str], seed: int) -> tuple[Product, ...]:
    """The same product on each device."""
    product = random_product(seed)
    made = []
    for device in devices:
        answer = framework.multiply(framework.put(product.left, device), framework.put(product.right, device))
        place, error = framework.place(answer), product.error(framework.fetch(answer))
        made.append(Product(asked=device, place=place, error=error))
    return tuple(made)


def sum_towers(framework: Framework) -> Towers:
    """Part number n is n * A @ B, on a device of its own; the first CPU adds up.

    A framework that has one device makes two parts there, so that there is a sum; both have its name.
    """
    import numpy as np

    left, right = (
        np.arange(1, 7, dtype=np.float32).reshape(2, 3),
        np.arange(1, 7, dtype=np.float32).reshape(3, 2),
    )
    devices = framework.devices()
    asked = devices if len(devices) > 1 else devices * 2
    parts = [
        framework.multiply(framework.put(np.float32(number) * left, device), framework.put(right, device))
        for number, device in enumerate(asked, start=1)
    ]
    total = reduce(framework.add, (framework.move(part, _CPU) for part in parts))
    expected = np.float32(sum(range(1, len(asked) + 1))) * (left @ right)
    return Towers(
        asked=asked,
        places=tuple(framework.place(part) for part in parts),
        total=tuple(framework.fetch(total).ravel().tolist()),
        expected=tuple(expected.ravel().tolist()),
    )
