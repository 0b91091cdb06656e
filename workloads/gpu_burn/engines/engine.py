"""What the load needs of a framework. An engine computes where its factors are, and waits for nothing unless it says so."""

from contextlib import AbstractContextManager
from typing import Protocol

from workloads.devices.framework import Array, Tensor

FORMATS = ("float32", "tf32", "float16", "bfloat16", "float64", "int8", "float8")
"""tf32 is float32 with the factors' shorter form on tensor cores; float8 is E4M3. In this order they are computed."""

ADDRESS = "address"
ADDRESS_INVERTED = "address inverted"
ONES = "walking ones"
ZEROS = "walking zeros"
RANDOM = "random"

FIRST_FACTOR = -7046029254386353131
SECOND_FACTOR = -4658895280553007687
STEP_FACTOR = 2545551234577
"""Odd numbers of 64 bits, which mix the bits of an address: the golden ratio (Knuth, The Art of Computer Programming 3, 6.4), the
first multiplier of SplitMix64 (Steele, Lea, Flood 2014), and any third."""


def pattern_by_operators(kind: str, address: Tensor, step: Tensor, one: Tensor) -> Tensor:
    """`Engine.pattern` where int64 tensors have Python's operators for bits: `step` and `one` are numbers or tensors of it."""
    if kind == ADDRESS:
        return address
    if kind == ADDRESS_INVERTED:
        return ~address
    if kind == RANDOM:
        mixed = address * FIRST_FACTOR + step * STEP_FACTOR
        mixed = (mixed ^ (mixed >> 31)) * SECOND_FACTOR
        return mixed ^ (mixed >> 27)
    walking = one << ((address + step) & 63)
    return ~walking if kind == ZEROS else walking


class Engine(Protocol):
    """TensorFlow, JAX or PyTorch. Used by several threads at once, one for each device."""

    @property
    def formats(self) -> tuple[str, ...]:
        """Those of `FORMATS` that the framework can multiply. A card may still refuse one, with the framework's own error."""
        ...

    def format(self, name: str) -> AbstractContextManager[object]:
        """Within it, in this thread, products of float32 are those of this format."""
        ...

    def matrix(self, array: Array, name: str, device: str) -> Tensor:
        """Of float32 or int8 on the host, in this format on the device, rounded there."""
        ...

    def multiply(self, left: Tensor, right: Tensor) -> Tensor:
        """The product; of int8 in int32."""
        ...

    def differences(self, left: Tensor, right: Tensor) -> Tensor:
        """How many elements are not the same; NaN is never the same. One integer, on the device."""
        ...

    def widened(self, tensor: Tensor) -> Array:
        """On the host, as float64, float32 or int32: whichever holds all of its values."""
        ...

    def wait(self, tensor: Tensor) -> None:
        """Return when it has been computed."""
        ...

    def invert(self, tensor: Tensor) -> Tensor:
        """Every bit of an int64 tensor, into memory of its own."""
        ...

    def pattern(self, kind: str, base: Tensor, offset: int, step: int) -> Tensor:
        """int64, as `memory.expected` has it, of the addresses `base` + `offset`."""
        ...

    def total(self, tensor: Tensor) -> Tensor:
        """The sum of int64, modulo 2**64, on the device."""
        ...

    def pin(self, array: Array, device: str) -> Tensor | None:
        """In page-locked memory of the host beside this device; None where the framework does not let a program choose that."""
        ...

    def move(self, tensor: Tensor, device: str) -> Tensor:
        """Copy it to another device."""
        ...

    def pull_pinned(self, tensor: Tensor) -> Tensor | None:
        """Copy it to page-locked memory of the host; None as in `pin`."""
        ...
