"""NVIDIA's management library for computers without a card: compiled here, told by a file what cards there are."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("stand_in.c")
STATE_VARIABLE = "NVML_STAND_IN"
STATE_FILE = "/etc/nvml-stand-in"
"""Where the library looks when the variable is not set."""

LOST = 15
MISMATCH = 18
"""nvml.h: the card fell off its bus; the library and the loaded driver are of two versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One card as the driver would describe it; None: the driver does not say."""

    address: str
    name: str | None = "Tesla T4"
    memory: int | None = 16106127360
    """Bytes."""
    power_limit: int | None = 70000
    """Milliwatts, as `power_default`."""
    power_default: int | None = 70000
    uuid: str | None = None
    more: tuple[str, ...] = ()
    """Further lines of the library's file without the card's number: `ecc.1.0 3`, `nvlink.0 1`, `rows 0 1 0 0` …"""
    error: tuple[str, int] | None = None
    """The field that cannot be asked, and with which code."""


def state(*gpus: Gpu, init: int = 0, driver: str = "580.95.05") -> str:
    """What the library's file has to say for these cards."""
    lines = [f"init code {init}", f"init driver {driver}"]
    for number, gpu in enumerate(gpus):
        fields = ("address", "name", "memory", "power_limit", "power_default", "uuid")
        said = ((field, getattr(gpu, field)) for field in fields)
        lines += [f"{number} {field} {value}" for field, value in said if value is not None]
        lines += [f"{number} {line}" for line in gpu.more]
        lines += [f"{number} error.{gpu.error[0]} {gpu.error[1]}"] if gpu.error else []
    return "\n".join(lines) + "\n"


def compiled(folder: Path, *, without: str = "") -> Path:
    """The library, as `libnvidia-ml.so.1` in the folder; an old one is `without` a function."""
    library = folder / "libnvidia-ml.so.1"
    options = [
        "-std=c11",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        *([f"-D{without}=removed"] if without else []),
    ]
    place = (f"-Wl,-soname,{library.name}", "-o", str(library))
    argv = ("gcc", "-shared", "-fPIC", *options, *place, str(SOURCE))
    subprocess.run(argv, check=True, timeout=60)
    return library
