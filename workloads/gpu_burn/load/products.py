"""The same product over and over on one device, each compared with the first, and the first with what it has to be.

Every bit of every product counts: the same kernel on the same factors gives the same bits, on a card that is whole.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from workloads.devices.framework import Array, Tensor
from workloads.gpu_burn.engines.engine import Engine
from workloads.gpu_burn.load.rig import Rig

CPU_SIZE = 512
WARM_UP = 3
"""Products in which kernels are chosen and compiled; the first that counts is the next one."""
BURST_S = 0.25
MOST_IN_A_BURST = 512
PROBES = 3
"""Random vectors of Freivalds' check (Freivalds 1979): each misses a wrong row with probability one half at most."""
_ROWS = 1024
"""Of a matrix that are widened at once on the host."""
_LOCAL = 8.0
"""By how much a single row may stand out above the error of all: that of the worst of 8192 normal values is 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one device is to compute."""

    device: str
    format: str
    size: int
    """Rows and columns of the factors; 0 to choose."""
    seconds: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Products that were asked for one behind the other."""

    products: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Burned:
    """What it computed."""

    load: Load
    place: str
    """Where the first product really was."""
    products: int
    wrong: int
    """How many differ from the first."""
    first_wrong: int
    """Which was the first that did, from 1; 0 for none."""
    wrong_elements: int
    """Of all wrong products."""
    error: float
    """Of the first product, as a share of what its format allows."""
    began_s: float
    """By the clock that was given."""
    seconds: float
    tera_per_s: float
    """Over the later half of the time, without what comparing took: when the card is warm."""
    slowest_tera_per_s: float
    """Of any burst in that half."""


def burn(rig: Rig, load: Load, stop: threading.Event) -> Burned:
    """Multiply for as long as asked, or until it is stopped. Lets the framework's own errors through."""
    engine, clock = rig.engine, rig.clock
    with engine.format(load.format):
        size = load.size or _chosen_size(engine, load, clock)
        left, right = _factors(engine, load, size)
        for _ in range(WARM_UP):
            engine.wait(engine.multiply(left, right))
        first = engine.multiply(left, right)
        wide = [engine.widened(each) for each in (left, right, first)]
        error = freivalds(wide[0], wide[1], wide[2], name=load.format, seed=load.seed)
        del wide
        comparing_s = _timed(engine, clock, lambda: engine.differences(first, first))
        product_s = _timed(engine, clock, lambda: engine.multiply(left, right))
        count = max(1, min(MOST_IN_A_BURST, int(BURST_S / (product_s + comparing_s))))
        made = wrong = first_wrong = wrong_elements = 0
        bursts: list[Burst] = []
        began = clock()
        while not stop.is_set() and (not bursts or clock() - began < load.seconds):
            since = clock()
            told = [engine.differences(engine.multiply(left, right), first) for _ in range(count)]
            differences = [int(rig.framework.fetch(each)) for each in told]
            # Timed alone, a comparison may seem to take longer than it does in a row.
            spent = clock() - since
            bursts.append(Burst(products=count, seconds=max(spent - count * comparing_s, spent / 2)))
            bad = [number for number, each in enumerate(differences, start=made + 1) if each]
            made, wrong, wrong_elements = made + count, wrong + len(bad), wrong_elements + sum(differences)
            first_wrong = first_wrong or (bad[0] if bad else 0)
            rate = round(speed(bursts[-1:], size)[0], 4)
            rig.tell(
                {
                    "device": load.device,
                    "format": load.format,
                    "products": made,
                    "wrong": wrong,
                    "tera_per_s": rate,
                }
            )
        seconds = clock() - began
    whole, slowest = speed(bursts, size)
    return Burned(
        load=replace(load, size=size),
        place=rig.framework.place(first),
        products=made,
        wrong=wrong,
        first_wrong=first_wrong,
        wrong_elements=wrong_elements,
        error=error,
        began_s=began,
        seconds=seconds,
        tera_per_s=whole,
        slowest_tera_per_s=slowest,
    )


def is_able(rig: Rig, device: str, name: str) -> str:
    """Whether a device can multiply in a format: empty, or what it says instead."""
    try:
        with rig.engine.format(name):
            load = Load(device=device, format=name, size=64, seconds=0.0, seed=1)
            product = rig.engine.multiply(*_factors(rig.engine, load, load.size))
            rig.engine.wait(product)
    except Exception as cause:  # noqa: BLE001  each framework refuses with a class of its own
        return f"{device} has none ({type(cause).__name__})"
    place = rig.framework.place(product)
    return "" if place == device else f"{device} leaves it to {place}"


def speed(bursts: "list[Burst]", size: int) -> tuple[float, float]:
    """10**12 operations a second over the later half of the bursts, and of the slowest of these. Pure."""
    operations = 2.0 * size**3 / 1e12
    late = bursts[len(bursts) // 2 :]
    whole = sum(each.products for each in late) / sum(each.seconds for each in late)
    return operations * whole, operations * min(each.products / each.seconds for each in late)


def allowed_error(name: str, size: int) -> float:
    """Of a product as a whole, relative, in the Frobenius norm.

    Of float32 and float64 eight times what n random roundings of the sums give, u * sqrt(n): float32 that is cut to TensorFloat-32 is
    far above it. Of the shorter formats four times the rounding of one value or more: their sums are longer than they are.
    """
    units = {"float32": 2.0**-24, "float64": 2.0**-53}
    if name in units:
        return 8 * units[name] * math.sqrt(size)
    return {"tf32": 2e-3, "float16": 2e-3, "bfloat16": 1.6e-2, "int8": 0.0, "float8": 1.6e-2}[name]


def freivalds(left: Array, right: Array, product: Array, *, name: str, seed: int) -> float:
    """The error of a product as a share of the allowed one; not a number where it is none. Pure.

    With vectors x of random signs, product @ x is compared with left @ (right @ x) in float64: the length of the difference is that of
    the error of the whole product, and a row that stands out is a wrong row.
    """
    import numpy as np

    size = product.shape[0]
    generator = np.random.default_rng(seed)
    signs = generator.choice((-1.0, 1.0), (right.shape[1], PROBES))
    difference = np.abs(_times(product, signs) - _times(left, _times(right, signs)))
    allowed = allowed_error(name, size)
    if not allowed:
        return 0.0 if (difference == 0).all() else math.inf
    length = math.sqrt(sum(float((_wide(product, rows) ** 2).sum()) for rows in _blocks(size)))
    if not length > 0:
        return math.nan
    whole = float(np.sqrt((difference**2).sum(axis=0).mean())) / (allowed * length)
    worst_row = float(difference.max()) * math.sqrt(size) / (_LOCAL * allowed * length)
    return whole if math.isnan(whole) else max(whole, worst_row)


def _times(matrix: Array, vectors: Array) -> Array:
    import numpy as np

    return np.concatenate([_wide(matrix, rows) @ vectors for rows in _blocks(matrix.shape[0])])


def _blocks(rows: int) -> list[slice]:
    return [slice(start, start + _ROWS) for start in range(0, rows, _ROWS)]


def _wide(matrix: Array, rows: slice) -> Array:
    return matrix[rows].astype("float64")


def _factors(engine: Engine, load: Load, size: int) -> tuple[Tensor, Tensor]:
    """Of random values: cards draw less power for simple ones."""
    import numpy as np

    generator = np.random.default_rng(load.seed)

    def matrix() -> Tensor:
        if load.format == "int8":
            return engine.matrix(
                generator.integers(-127, 128, (size, size), np.int8), load.format, load.device
            )
        values = generator.random((size, size), np.float32) * 2 - 1
        return engine.matrix(values, load.format, load.device)

    return matrix(), matrix()


def _chosen_size(engine: Engine, load: Load, clock: Callable[[], float]) -> int:
    """The largest whose product takes a tenth of a second at most, by how long one of 2048 takes."""
    if not load.device.startswith("GPU"):
        return CPU_SIZE
    left, right = _factors(engine, load, 2048)
    engine.wait(engine.multiply(left, right))
    seconds = _timed(engine, clock, lambda: engine.multiply(left, right))
    return 8192 if 64 * seconds < 0.1 else 4096 if 8 * seconds < 0.1 else 2048


def _timed(engine: Engine, clock: Callable[[], float], compute: Callable[[], Tensor]) -> float:
    """Seconds of one of several in a row."""
    engine.wait(compute())
    began = clock()
    for _ in range(4):
        last = compute()
    engine.wait(last)
    return max((clock() - began) / 4, 1e-9)
