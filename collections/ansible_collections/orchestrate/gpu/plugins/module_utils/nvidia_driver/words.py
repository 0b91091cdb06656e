"""What the driver's state is, in words for people. Changes nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.host import (
    Host,
    Wish,
    succeeds,
    upstream,
)

NVIDIA_SMI = {
    0: "",
    6: "nvidia-smi finds no card",
    9: "the driver is not loaded (nvidia-smi, exit code 9)",
    12: "nvidia-smi finds no NVML library",
    15: "a card has fallen off the bus",
    18: "driver and library are of different versions",
}
"""What nvidia-smi's exit codes mean (nvidia-smi(1), NVML's return codes). None but 0 is a success."""


def in_words(host: Host, wish: Wish) -> tuple[bool, str]:
    """Whether a restart is due, and what there is to say of the driver and its state; nothing when all is well."""
    restart, said = _state(host, wish)
    ended = f"The distribution's packages of branch {wish.ended} lead to {wish.branch}." if wish.ended else ""
    return restart, " ".join(part for part in (ended, said) if part)


def _state(host: Host, wish: Wish) -> tuple[bool, str]:
    main = host.packages.get(wish.packages[0]) if wish.packages else None
    installed = upstream(main.version) if main else ""
    boots = host.kernels[-1] if host.kernels else "no kernel"
    if host.loaded == installed:
        return False, ""
    if wish.container:
        return False, f"Driver {installed} is built for {boots}; {smi()}: a container loads no driver."
    if host.loaded:
        said = f"Driver {host.loaded} is loaded, {installed or 'none'} is installed: programs that use the GPU will not run."
    elif host.in_kernel:
        said = f"{host.in_kernel} holds the cards until the next boot."
    elif host.kernel not in host.built:
        said = f"Driver {installed} is built for {boots}, which boots next, not for {host.kernel}."
    elif wish.secure_boot and not wish.prebuilt:
        return False, about_key(installed, Path(wish.mok_key))
    else:
        said = f"Driver {installed} is installed; {smi()}."
    return True, f"{said} Restart the host, or set nvidia_driver_reboot."


def about_key(installed: str, key: Path) -> str:
    """What to do where Secure Boot keeps the kernel from loading the driver."""
    # mokutil --test-key ends with 1 when the key is enrolled.
    if key.exists() and not succeeds("mokutil", "--test-key", str(key)):
        return f"The kernel refused driver {installed}, though the key {key} is enrolled: see dmesg."
    return (
        f"Secure Boot: the kernel loads driver {installed} once it knows the key that DKMS signs with. Install mokutil, type "
        f"`mokutil --import {key}`, choose a password and restart; then choose, at the console and within ten seconds, "
        "Enroll MOK, Continue, Yes, that password, Reboot."
    )


def smi() -> str:
    """What nvidia-smi says of the driver, in words."""
    try:
        code = subprocess.run(("nvidia-smi",), capture_output=True, check=False, timeout=60).returncode
    except FileNotFoundError:
        return "nvidia-smi is not installed"
    except subprocess.TimeoutExpired:
        return "nvidia-smi does not answer"
    return NVIDIA_SMI.get(code, f"nvidia-smi fails with exit code {code}")
