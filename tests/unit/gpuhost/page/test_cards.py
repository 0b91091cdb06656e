"""Cards as NVIDIA's library tells of them, with a library that is compiled here; signatures and codes are those of nvml.h."""

import os
import subprocess
from pathlib import Path

import pytest

from gpuhost import program
from gpuhost.page import cards, values

LIBRARY = """\
#include <string.h>
typedef struct { unsigned long long total, free, used; } nvmlMemory_t;
typedef struct { unsigned gpu, memory; } nvmlUtilization_t;
int nvmlInit_v2(void) { return INIT; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { strncpy(text, "535.309.01", size); return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **card) { *card = card; return index ? 15 : 0; }
int nvmlDeviceGetName(void *card, char *text, unsigned size) { strncpy(text, "Tesla <T4>", size); return 0; }
int nvmlDeviceGetMemoryInfo(void *card, nvmlMemory_t *m) { m->total = 16106127360; m->used = 1073741824; return 0; }
#ifndef OLD
int nvmlDeviceGetUtilizationRates(void *card, nvmlUtilization_t *use) { use->gpu = 37; return 0; }
#endif
int nvmlDeviceGetTemperature(void *card, int sensor, unsigned *celsius) { *celsius = 54; return sensor; }
"""


def asked(folder: Path, *options: str) -> object:
    """What the program answers beside a library that was compiled with these options."""
    (folder / "nvml.c").write_text(LIBRARY)
    output = ("-o", str(folder / "libnvidia-ml.so.1"), str(folder / "nvml.c"))
    subprocess.run(("gcc", "-shared", "-fPIC", *(options or ("-DINIT=0",)), *output), check=True, timeout=60)
    return answer(folder)


def answer(folder: Path) -> object:
    """What the program answers where the library would be in that folder."""
    done = subprocess.run(
        program.argv("page", cards.COMMAND),
        env=os.environ | {"LD_LIBRARY_PATH": str(folder)},
        capture_output=True,
        check=True,
        timeout=60,
        text=True,
    )
    return cards.understood(done.stdout)


LOST = values.Card(
    name="Card 1, which does not answer", memory_used=None, memory_total=None, percent=None, celsius=None
)


def test_a_card_is_told_and_one_that_fell_off_its_bus_too(tmp_path: Path) -> None:
    told = values.Card(name="Tesla <T4>", memory_used=2**30, memory_total=15 * 2**30, percent=37, celsius=54)
    assert asked(tmp_path) == values.Graphics(driver="535.309.01", cards=(told, LOST))


def test_a_library_that_lacks_a_function_leaves_that_out(tmp_path: Path) -> None:
    told = values.Card(
        name="Tesla <T4>", memory_used=2**30, memory_total=15 * 2**30, percent=None, celsius=54
    )
    assert asked(tmp_path, "-DINIT=0", "-DOLD") == values.Graphics(driver="535.309.01", cards=(told, LOST))


@pytest.mark.parametrize(("code", "words"), [(9, "not loaded"), (18, "exchanged"), (99, "code is 99")])
def test_a_driver_that_refuses_is_told_with_its_cause(tmp_path: Path, code: int, words: str) -> None:
    told = asked(tmp_path, f"-DINIT={code}")
    assert isinstance(told, values.Missing)
    assert words in told.reason


def device(folder: Path, name: str, vendor: str, kind: str) -> None:
    """A device on the PCI bus, as the kernel shows it."""
    (folder / name).mkdir()
    (folder / name / "vendor").write_text(f"{vendor}\n")
    (folder / name / "class").write_text(f"{kind}\n")


def test_a_card_without_a_driver_is_told_with_the_role_that_mends_it(tmp_path: Path) -> None:
    devices = tmp_path / "sys/bus/pci/devices"
    devices.mkdir(parents=True)
    assert "no NVIDIA card" in cards.without_driver(tmp_path).reason
    device(devices, "0000:00:1e.0", "0x10de", "0x030200")
    device(devices, "0000:00:1f.0", "0x10de", "0x040300")
    device(devices, "0000:00:02.0", "0x1234", "0x030000")
    assert "an NVIDIA card and no NVIDIA driver" in cards.without_driver(tmp_path).reason
    assert "nvidia_driver" in cards.without_driver(tmp_path).reason
