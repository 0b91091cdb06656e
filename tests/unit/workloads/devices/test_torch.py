"""How PyTorch is spoken to, on a stand-in of the few calls that are made: names of devices, copies, the settings of products.

What PyTorch itself makes of these calls shows where it is installed alone.
"""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from workloads.devices.cards import Card
from workloads.devices.torch import Torch
from workloads.result import Outcome
from workloads.smoke import judge, sums


class Device:
    """`cpu`, `cuda:1`."""

    def __init__(self, name: str) -> None:
        self.type, _, number = name.partition(":")
        self.index = int(number) if number else None


class Tensor:
    """An array on a device. Two of different devices do not add, as PyTorch's do not."""

    def __init__(self, array: Any, device: str) -> None:
        self.array, self.name, self.device = np.asarray(array), device, Device(device)

    def to(self, device: str) -> "Tensor":
        return Tensor(self.array, device)

    def detach(self) -> "Tensor":
        return self

    def cpu(self) -> "Tensor":
        return self.to("cpu")

    def numpy(self) -> Any:
        return self.array

    def _with(self, other: "Tensor", made: Any) -> "Tensor":
        assert self.name == other.name, "Expected all tensors to be on the same device"
        return Tensor(made, self.name)

    def __add__(self, other: "Tensor") -> "Tensor":
        return self._with(other, self.array + other.array)

    def __mul__(self, other: "Tensor") -> "Tensor":
        return self._with(other, self.array * other.array)

    def __matmul__(self, other: "Tensor") -> "Tensor":
        return self._with(other, self.array @ other.array)


class Played(ModuleType):
    """`torch` with so many cards."""

    def __init__(self, cards: int) -> None:
        super().__init__("torch")
        self.fractions: dict[int, float] = {}
        self.cuda = SimpleNamespace(
            is_available=lambda: cards > 0,
            device_count=lambda: cards,
            set_per_process_memory_fraction=lambda share, index: self.fractions.update({index: share}),
        )
        self.backends = SimpleNamespace(
            cuda=SimpleNamespace(matmul=SimpleNamespace(allow_tf32=True)),
            cudnn=SimpleNamespace(allow_tf32=True),
        )

    def tensor(self, array: Any, *, device: str) -> Tensor:
        return Tensor(array, device)

    def cat(self, parts: list[Tensor]) -> Tensor:
        return Tensor(np.concatenate([part.array for part in parts]), parts[0].name)


@pytest.mark.parametrize(
    ("cards", "places"), [(0, ("CPU:0", "CPU:0")), (1, ("CPU:0", "GPU:0")), (2, ("CPU:0", "GPU:0", "GPU:1"))]
)
def test_each_device_has_a_part_of_the_sum(
    cards: int, places: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    framework = opened(monkeypatch, Played(cards))
    framework.separate(2)
    towers = sums.sum_towers(framework)
    assert towers.places == places
    assert judge.check_towers(towers).outcome is Outcome.PASSED


def test_text_numbers_and_matrices_go_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    framework = opened(monkeypatch, Played(1))
    assert sums.greet(framework) == "Hello, world!"
    assert sums.multiply_numbers(framework, "GPU:0") == (56088.0, "GPU:0")
    (product,) = sums.multiply_matrices(framework, ("GPU:0",), seed=1)
    assert judge.check_products((product,)).outcome is Outcome.PASSED


def test_short_formats_are_off_while_sums_are_made_and_on_again_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch = Played(1)
    framework = opened(monkeypatch, torch)
    with framework.exactly():
        assert not torch.backends.cuda.matmul.allow_tf32
        assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cuda.matmul.allow_tf32
    assert torch.backends.cudnn.allow_tf32


def test_a_limit_is_a_share_of_each_card(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = Played(2)
    cards = (Card(name="small", memory_mib=4096), Card(name="large", memory_mib=8192))
    opened(monkeypatch, torch, limit_mib=1024, cards=cards)
    assert torch.fractions == {0: 0.25, 1: 0.125}


def opened(
    monkeypatch: pytest.MonkeyPatch,
    torch: Played,
    *,
    limit_mib: int | None = None,
    cards: tuple[Card, ...] = (),
) -> Torch:
    monkeypatch.setitem(sys.modules, "torch", torch)
    return Torch(limit_mib, cards)
