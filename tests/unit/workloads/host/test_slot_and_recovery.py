"""What NVML has no plain question for: the driver's wish for a reset, and the lanes of the slot above a card."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from workloads.host.nvml import _recovery_action, _slot_width
from workloads.result.evidence import NOT_SUPPORTED

ADDRESS = "0000:01:00.0"


class NvmlError(Exception):
    """As pynvml's: with its code."""


def nvml(*, code: int, action: int) -> SimpleNamespace:
    told = SimpleNamespace(nvmlReturn=code, value=SimpleNamespace(uiVal=action))
    return SimpleNamespace(
        NVML_FI_DEV_GET_GPU_RECOVERY_ACTION=230,
        NVMLError=NvmlError,
        nvmlDeviceGetFieldValues=lambda handle, fields: [told for field in fields if field == 230],
    )


def test_the_driver_s_wish_is_read() -> None:
    assert _recovery_action(nvml(code=0, action=4), object()) == 4


def test_a_driver_that_does_not_know_it_says_so() -> None:
    with pytest.raises(NvmlError, match="3"):
        _recovery_action(nvml(code=3, action=0), object())


@pytest.mark.parametrize(
    ("said", "expected"), [("8\n", 8), ("255\n", NOT_SUPPORTED), ("0\n", NOT_SUPPORTED), ("", NOT_SUPPORTED)]
)
def test_the_slot_s_lanes_are_those_of_the_port_above_the_card(
    tmp_path: Path, said: str, expected: int | str
) -> None:
    port = tmp_path / "pci0000:00/0000:00:01.0"
    (port / ADDRESS).mkdir(parents=True)
    (port / "max_link_width").write_text(said, encoding="ascii")
    devices = tmp_path / "devices"
    devices.mkdir()
    (devices / ADDRESS).symlink_to(port / ADDRESS)
    assert _slot_width(ADDRESS, devices) == expected


def test_a_card_below_no_port_has_no_slot_that_could_be_read(tmp_path: Path) -> None:
    assert _slot_width(ADDRESS, tmp_path) == NOT_SUPPORTED
