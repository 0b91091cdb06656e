"""What a configuration's process is shown and told, and that none outlives its job."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.unit.workloads.cifar10.made_up import CPU, configuration, laid, measurement
from workloads.cifar10.configurations import Spread
from workloads.cifar10.data.archive import PYTHON
from workloads.cifar10.measurement import Measurement
from workloads.cifar10.measuring.child import configuration_of
from workloads.cifar10.measuring.launch import ended_as, environment
from workloads.result import Kind

ROOT = Path(__file__).resolve().parents[4]
STAND_IN = """
import os, sys, time
fifo = os.open(os.path.join(os.path.dirname(__file__), "fifo"), os.O_WRONLY)
os.set_inheritable(fifo, True)
if os.fork() == 0:
    os.setsid()
os.write(fifo, b"x")
time.sleep(600)
"""
"""In the place of TensorFlow: it has a child that left its group, and both hold the FIFO open while they live."""


def test_what_is_measured_and_asked_comes_back_from_json_as_it_was() -> None:
    made = measurement(still=("a", "b"), seconds_to_accuracy=None, difference=float("nan"))
    again = Measurement.from_json(json.loads(json.dumps(asdict(made))))
    assert asdict(again) | {"difference": 0.0} == asdict(made) | {"difference": 0.0}
    assert again.difference != again.difference
    several = configuration(devices=(0, 1), spread=Spread.TOWERS)
    assert configuration_of(json.loads(json.dumps(asdict(several)))) == several


def test_a_process_for_the_cpu_is_shown_no_gpu() -> None:
    shown = environment(CPU, {"CUDA_VISIBLE_DEVICES": "0,1", "PATH": "/bin"})
    assert shown == {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu", "PATH": "/bin"}


@pytest.mark.parametrize(
    ("environ", "devices", "shown"),
    [
        ({}, (1,), "1"),
        ({}, (0, 1), "0,1"),
        ({"CUDA_VISIBLE_DEVICES": "3,5"}, (1,), "5"),
        ({"CUDA_VISIBLE_DEVICES": "GPU-a,GPU-b"}, (0, 1), "GPU-a,GPU-b"),
        ({"CUDA_VISIBLE_DEVICES": "MIG-a"}, (0,), "MIG-a"),
    ],
)
def test_a_process_for_a_gpu_is_shown_its_own_alone(
    environ: dict[str, str], devices: tuple[int, ...], shown: str
) -> None:
    each = configuration(name="gpu", kind=Kind.GPU, devices=devices)
    assert environment(each, environ) == {"CUDA_VISIBLE_DEVICES": shown}


def test_jax_is_told_to_show_the_cpu_as_several_devices_where_a_training_is_sharded() -> None:
    each = configuration(name="cpu-sharded", devices=(0, 1), spread=Spread.SHARDED)
    shown = environment(each, {"XLA_FLAGS": "--xla_gpu_cuda_data_dir=/cuda"})
    assert shown["XLA_FLAGS"] == "--xla_gpu_cuda_data_dir=/cuda --xla_force_host_platform_device_count=2"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (0, "its process ended with exit code 0"),
        (1, "its process ended with exit code 1"),
        (-11, "its process was ended by SIGSEGV"),
        (-9, "its process was ended by SIGKILL: the kernel does that where memory is short"),
    ],
)
def test_a_process_that_told_no_end_is_described_by_how_it_ended(code: int, message: str) -> None:
    assert ended_as(code).message == message


@pytest.mark.parametrize(
    ("stand_in", "error"),
    [
        (
            "raise MemoryError('Unable to allocate 7 GiB')",
            ("OutOfMemoryError", "Unable to allocate 7 GiB; batch size 64"),
        ),
        ("raise ImportError('libcudart')", ("ImportError", f"libcudart; this is {sys.executable}")),
        ("import os; os._exit(3)", ("ProcessEndedError", "its process ended with exit code 3")),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            (
                "ProcessEndedError",
                "its process was ended by SIGKILL: the kernel does that where memory is short",
            ),
        ),
    ],
)
def test_what_ends_the_process_that_looks_at_devices_is_the_job_s_error(
    tmp_path: Path, stand_in: str, error: tuple[str, str]
) -> None:
    with job(tmp_path, stand_in) as running:
        assert running.wait(timeout=60) == 2
    assert result(tmp_path)["error"] == dict(zip(("type", "message"), error, strict=True))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_its_job_whichever_way_that_dies(tmp_path: Path, number: signal.Signals) -> None:
    os.mkfifo(tmp_path / "fifo")
    fifo = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with job(tmp_path, STAND_IN) as running:
            begun = b""
            while len(begun) < 2:
                assert select.select([fifo], [], [], 60)[0], "nothing began within a minute"
                begun += os.read(fifo, 2)
            running.send_signal(number)
            assert running.wait(timeout=60) == (-9 if number is signal.SIGKILL else 2)
        assert select.select([fifo], [], [], 60)[0], "somebody still holds the FIFO after a minute"
        assert os.read(fifo, 1) == b""
    finally:
        os.close(fifo)
    if number is signal.SIGKILL:
        assert not (tmp_path / "result.json").exists()
    else:
        assert result(tmp_path)["error"]["type"] == "InterruptedBySignalError"


@contextmanager
def job(folder: Path, stand_in: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The program as a host runs it, with this in the place of TensorFlow."""
    (folder / "tensorflow.py").write_text(stand_in, encoding="utf-8")
    data = laid(folder / "data", PYTHON)
    argv = ("cifar10", "--device", "cpu", "--data", str(data), "--result", "result.json")
    environ = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        (sys.executable, "-S", "-m", "workloads", *argv),
        cwd=folder,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def result(folder: Path) -> Any:
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))
