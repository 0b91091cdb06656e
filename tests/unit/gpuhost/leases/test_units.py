"""The call that starts a job, what it may open, what its variables say, and how its end is told."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gpuhost.leases.daemon.host import environment, how
from gpuhost.leases.daemon.units import ENDED_SCRIPT, Confinement, start_argv
from gpuhost.leases.devices.leasable import Found
from gpuhost.leases.places import END
from gpuhost.leases.policy.values import MPS
from tests.unit.gpuhost.leases.samples import HOUR, NOW, device, job

RUNNING = replace(job(7), ends_at=NOW + HOUR, devices=("GPU-0",), labels=("GPU 0",))


def found(**changes: object) -> Found:
    usual = Found(device=device(0), nodes=("/dev/nvidia0",), utilization_percent=0, visible="GPU-0")
    return replace(usual, **changes)  # type: ignore[arg-type]


def test_a_job_is_its_users_and_may_open_its_own_nodes_alone() -> None:
    argv = start_argv(RUNNING, Confinement(allowed=("/dev/nvidia0",), hidden=("/dev/nvidia1",)), NOW)
    assert {"--uid=1001", "--gid=1001", "--unit=orchestrate-run-7.service"} < set(argv)
    assert {
        "--property=DevicePolicy=closed",
        "--property=DeviceAllow=/dev/nvidia0 rwm",
        "--property=InaccessiblePaths=-/dev/nvidia1",
        "--property=KillMode=control-group",
        "--property=RuntimeMaxSec=3660",
    } < set(argv)


def test_nothing_of_what_it_runs_is_in_the_units_properties() -> None:
    assert not any("train.py" in word for word in start_argv(RUNNING, Confinement(allowed=()), NOW))


def test_frameworks_are_told_the_devices_by_their_uuids() -> None:
    told = environment(RUNNING, (found(), found(visible="GPU-1")))
    assert told["CUDA_VISIBLE_DEVICES"] == "GPU-0,GPU-1"
    assert environment(replace(RUNNING, gpus=0), ())["CUDA_VISIBLE_DEVICES"] == ""


def test_who_shares_a_card_is_kept_from_taking_all_of_its_memory() -> None:
    told = environment(replace(RUNNING, fraction=0.5), (found(),))
    assert told["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.5"
    assert told["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"


def test_a_share_has_its_part_of_processors_and_memory() -> None:
    share = replace(device(0), id="GPU-0#1", card="GPU-0", kind=MPS, weight=0.25)
    told = environment(RUNNING, (found(device=share),))
    assert told["CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"] == "25"
    assert told["CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"] == "0=4096M"
    assert told["CUDA_MPS_PIPE_DIRECTORY"].endswith("/GPU-0")


@pytest.mark.parametrize(
    ("told", "ended"),
    [
        ("success exited 0", ("success", 0)),
        ("exit-code exited 3", ("exit code 3", 3)),
        ("signal killed KILL", ("signal KILL", None)),
        ("success killed TERM", ("signal TERM", None)),
        ("timeout killed TERM", ("time limit", None)),
        ("oom-kill killed KILL", ("out of memory", None)),
        ("resources", ("resources", None)),
        ("", ("lost", None)),
    ],
)
def test_an_end_is_told_as_systemd_puts_it(told: str, ended: tuple[str, int | None]) -> None:
    assert how(told) == ended


def test_what_units_run_at_their_end_writes_down_what_systemd_tells(tmp_path: Path) -> None:
    told = {"SERVICE_RESULT": "signal", "EXIT_CODE": "killed", "EXIT_STATUS": "KILL"}
    subprocess.run(("/bin/sh", "-c", ENDED_SCRIPT, "sh", str(tmp_path)), env=told, check=True)
    assert how((tmp_path / END).read_text(encoding="utf-8")) == ("signal KILL", None)
