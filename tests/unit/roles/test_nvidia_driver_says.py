"""What the driver's module says of the driver's state, and which file is the driver's module."""

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver import host as on_host
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver import words

from tests.unit.roles.driver_hosts import COMPLETE, host, wish


@pytest.mark.parametrize(
    ("there", "changes", "restart", "said"),
    [
        ({}, {}, False, ""),
        (
            {"loaded": "470.256.02"},
            {},
            True,
            "Driver 470.256.02 is loaded, 535.309.01 is installed: programs",
        ),
        (
            {"loaded": "", "built": {}},
            {},
            True,
            "Driver 535.309.01 is built for 6.1.0-56-amd64, which boots next",
        ),
        ({"loaded": ""}, {"container": True}, False, "a container loads no driver"),
        (
            {"loaded": ""},
            {"secure_boot": True},
            False,
            "Secure Boot: the kernel loads driver 535.309.01 once it knows the key",
        ),
    ],
    ids=["loaded", "mismatch", "other-kernel", "container", "secure-boot"],
)
def test_the_drivers_state_is_said_in_one_line(
    there: dict[str, Any], changes: dict[str, object], said: str, *, restart: bool
) -> None:
    due, line = words.in_words(host(*COMPLETE, **there), wish(**changes))
    assert due is restart
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize("name", ["nouveau", "nova"])
def test_a_card_that_the_kernels_own_driver_holds_waits_for_the_next_boot(name: str) -> None:
    assert words.in_words(host(*COMPLETE, loaded="", in_kernel=name), wish()) == (
        True,
        f"{name} holds the cards until the next boot. Restart the host, or set nvidia_driver_reboot.",
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (9, "the driver is not loaded (nvidia-smi, exit code 9)"),
        (15, "a card has fallen off the bus"),
        (77, "nvidia-smi fails with exit code 77"),
    ],
)
def test_what_nvidia_smi_ends_with_is_never_taken_for_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\nexit {code}\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert words.smi() == said


@pytest.mark.parametrize(
    ("name", "is_module"),
    [
        ("nvidia.ko", True),
        ("nvidia-current.ko.xz", True),
        ("nvidia-current-open.ko", True),
        ("nvidia-tesla-470-current.ko", True),
        ("nvidia-drm.ko", False),
        ("nvidia-current-uvm.ko", False),
        ("nvidia-tesla-470-current-modeset.ko.xz", False),
    ],
)
def test_the_main_module_is_line_from_those_beside_it(name: str, *, is_module: bool) -> None:
    assert bool(on_host.MODULE.match(name)) is is_module
