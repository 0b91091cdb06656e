"""Who uses a host: GPUs through a library that is compiled here, sessions as systemd writes them, real processor time."""

import subprocess
import time
from pathlib import Path

import pytest

from gpuhost import program, systemd
from gpuhost.lifetime import activity

SOURCE = """
typedef struct { unsigned gpu, memory; } nvmlUtilization_t;
int nvmlInit_v2(void) { HANG; return INIT; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
/* The first card fell off its bus. */
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **card) { *card = card; return index ? 0 : 15; }
int nvmlDeviceGetUtilizationRates(void *card, nvmlUtilization_t *use)
{
    use->gpu = card ? USE : 100;
    return UTILISATION;
}
int RUNNING(void *card, unsigned *count, void *processes)
{
    *count = card && !processes ? PROCESSES : 0;
    return *count ? 7 : 0;
}
"""
"""NVIDIA's library as far as it is asked; signatures and codes are those of nvml.h."""

SESSION = "# This is private data. Do not parse.\nUID=1000\nUSER=ada\nSTATE={state}\nREMOTE=1\nTYPE=tty\nCLASS={kind}\n"


def answered(folder: Path, **values: str) -> tuple[int, str]:
    """Exit code and answer of the program, beside a library with these values."""
    given = {
        "INIT": "0", "USE": "0", "UTILISATION": "0", "PROCESSES": "0", "HANG": "",
        "RUNNING": "nvmlDeviceGetComputeRunningProcesses_v3",
    } | values  # fmt: skip
    library, source = folder / "libnvidia-ml.so.1", folder / "nvml.c"
    source.write_text(SOURCE)
    options = [f"-D{name}={value}" for name, value in given.items()]
    argv = ("gcc", "-shared", "-fPIC", *options, "-o", str(library), str(source))
    subprocess.run(argv, check=True, timeout=60)
    return ran(folder)


def ran(folder: Path) -> tuple[int, str]:
    """Exit code and answer of the program where libraries lie in that folder."""
    done = subprocess.run(
        program.argv("lifetime", activity.GPUS, "5"),
        env={"LD_LIBRARY_PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "idle"),
        ({"USE": "5"}, "idle"),
        ({"USE": "6"}, "busy"),
        ({"PROCESSES": "1"}, "busy"),
        ({"PROCESSES": "3", "UTILISATION": "3"}, "busy"),
        ({"USE": "99", "UTILISATION": "3"}, "idle"),
        ({"PROCESSES": "1", "RUNNING": "nvmlDeviceGetComputeRunningProcesses_v2"}, "busy"),
        ({"PROCESSES": "1", "RUNNING": "nvmlDeviceGetComputeRunningProcesses"}, "busy"),
        ({"INIT": "9", "USE": "99"}, "idle"),
    ],
)
def test_a_card_is_in_use_by_its_time_or_by_its_programs(
    tmp_path: Path, values: dict[str, str], expected: str
) -> None:
    assert answered(tmp_path, **values) == (0, expected)


def test_a_driver_that_refuses_is_no_idle_driver(tmp_path: Path) -> None:
    code, said = answered(tmp_path, INIT="18")
    assert (code, said) == (1, "")


def test_a_host_without_the_library_uses_no_gpu(tmp_path: Path) -> None:
    assert ran(tmp_path) == (0, "idle")


@pytest.mark.parametrize(
    ("state", "kind", "expected"),
    [
        ("active", "user", True),
        ("online", "user", True),
        ("active", "user-early", True),
        ("closing", "user", False),
        ("active", "manager", False),
        ("active", "greeter", False),
    ],
)
def test_a_session_counts_while_a_person_is_there(state: str, kind: str, expected: bool) -> None:
    assert bool(systemd.logins([SESSION.format(state=state, kind=kind)])) is expected


def test_a_session_that_cannot_be_understood_is_no_login() -> None:
    assert systemd.logins([""]) == []


def test_processor_time_grows_with_work() -> None:
    before = activity.cpu_seconds()
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    assert activity.cpu_seconds() > before
