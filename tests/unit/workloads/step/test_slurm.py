"""Which task of which step this is, by Slurm's variables."""

import socket

import pytest

from workloads.step import hosts
from workloads.step.hosts import address_of, expand
from workloads.step.slurm import ALONE, StepError, step_of

STEP = {
    "SLURM_PROCID": "1",
    "SLURM_STEP_NUM_TASKS": "3",
    "SLURM_STEP_NODELIST": "gpu-[1-2],gpu-10",
    "SLURM_JOB_ID": "41",
    "SLURM_STEP_ID": "2",
    "SLURM_RESTART_COUNT": "1",
    "SLURMD_NODENAME": "gpu-2",
}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("gpu-1", ("gpu-1",)),
        ("gpu-[1-3]", ("gpu-1", "gpu-2", "gpu-3")),
        ("gpu[08-10,2],login", ("gpu08", "gpu09", "gpu10", "gpu2", "login")),
        ("a[1-2]-ib,b", ("a1-ib", "a2-ib", "b")),
        ("", ()),
        ("gpu[1-", ()),
    ],
)
def test_lists_of_hosts_are_read_as_slurm_writes_them(text: str, names: tuple[str, ...]) -> None:
    assert expand(text) == names


def test_a_task_knows_its_place() -> None:
    step = step_of(STEP)
    assert (step.rank, step.tasks, step.hosts, step.host) == (1, 3, ("gpu-1", "gpu-2", "gpu-10"), "gpu-2")
    assert step.identity == "41.2.1"
    assert not step.is_first


def test_without_slurm_there_is_one_task() -> None:
    assert step_of({}) == ALONE
    assert ALONE.is_first


def test_steps_listen_on_ports_of_their_own_below_those_of_outgoing_connections() -> None:
    ports = {step_of(STEP | {"SLURM_JOB_ID": str(job)}).port for job in range(1, 700)}
    assert len(ports) == 699
    assert min(ports) >= 20_000
    assert max(ports) < 32_768 - 16


@pytest.mark.parametrize(
    "wrong",
    [
        {"SLURM_PROCID": "3"},
        {"SLURM_PROCID": "first"},
        {"SLURM_STEP_NUM_TASKS": ""},
        {"SLURM_STEP_NODELIST": ""},
        {"SLURM_JOB_ID": "x"},
    ],
)
def test_variables_that_contradict_each_other_are_an_error(wrong: dict[str, str]) -> None:
    with pytest.raises(StepError):
        step_of(STEP | wrong)


def test_a_host_without_a_name_in_dns_is_asked_for_at_the_controller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        hosts, "_known_to_controller", lambda name: "127.0.0.1" if name == "gpu-1.invalid" else ""
    )
    assert address_of("gpu-1.invalid") == "127.0.0.1"
    with pytest.raises(socket.gaierror):
        address_of("gpu-2.invalid")
