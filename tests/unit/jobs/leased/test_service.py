"""What a host is asked for, and what its answers mean."""

import json

import pytest

from orchestrator.errors import GarbledAnswerError, UsageError
from orchestrator.jobs.leased import service
from orchestrator.jobs.leased.service import PROGRAM, LeaseRefusedError
from orchestrator.jobs.leased.values import Wish
from tests.unit.builders import ScriptedShell, completed
from tests.unit.jobs.leased.samples import TOLD

ORDER = (Wish(), ("python", "train.py"))
ENVIRONMENT = "/opt/ml/envs/default/bin"


def test_a_job_is_started_in_its_folder_with_the_training_environment_first() -> None:
    shell = ScriptedShell(lambda _argv: completed(stdout=json.dumps(TOLD)))
    job = service.begin(shell, "lab-1", "/home/admin/x", ENVIRONMENT, ORDER)
    assert job.reference == "lab-1/7"
    ((*_, folder, environment, program, run, detach, form, option, count, dashes, command, argument),) = (
        shell.ran
    )
    assert (folder, environment, program) == ("/home/admin/x", "/opt/ml/envs/default/bin", PROGRAM)
    assert (run, detach, form, option, count) == ("run", "--detach", "--json", "--gpus", "1")
    assert (dashes, command, argument) == ("--", "python", "train.py")


@pytest.mark.parametrize(("devices", "gpus"), [([], 0), ([{"id": "GPU-1"}], 1)])
def test_a_job_that_does_not_say_has_one_gpu_where_the_host_has_any(devices: list[object], gpus: int) -> None:
    shell = ScriptedShell(lambda _argv: completed(stdout=json.dumps({"devices": devices})))
    assert service.gpus_by_default(shell, "lab-1") == gpus


@pytest.mark.parametrize("said", ["Welcome!", "[]", "{}"])
def test_devices_that_cannot_be_read_are_not_taken_for_none(said: str) -> None:
    with pytest.raises(GarbledAnswerError):
        service.gpus_by_default(ScriptedShell(lambda _argv: completed(stdout=said)), "lab-1")


def test_a_refusal_is_told_with_what_the_host_says_to_type() -> None:
    said = "gpuhost run: nothing is free: GPU 0: ben (job 3)\n  try: the same without --no-wait\n"
    shell = ScriptedShell(lambda _argv: completed(exit_code=2, stderr=said))
    with pytest.raises(LeaseRefusedError) as refused:
        service.begin(shell, "lab-1", ".", ENVIRONMENT, ORDER)
    assert refused.value.cause == "lab-1: nothing is free: GPU 0: ben (job 3)"
    assert refused.value.hint == "the same without --no-wait (on lab-1)"


@pytest.mark.parametrize(
    ("code", "said"), [(127, "sh: 1: exec: gpuhost: not found"), (2, "usage: gpuhost COMMAND …"), (1, "")]
)
def test_a_host_without_leases_is_told_as_such(code: int, said: str) -> None:
    shell = ScriptedShell(lambda _argv: completed(exit_code=code, stderr=said))
    with pytest.raises(LeaseRefusedError, match="gives no leases") as refused:
        service.jobs(shell, "lab-1")
    assert "gpu_leases" in refused.value.hint


def test_an_answer_that_cannot_be_read_is_no_job() -> None:
    shell = ScriptedShell(lambda _argv: completed(stdout="Welcome!"))
    with pytest.raises(GarbledAnswerError, match="Welcome!"):
        service.jobs(shell, "lab-1")


def test_a_job_that_is_not_there_is_told() -> None:
    shell = ScriptedShell(lambda _argv: completed(stdout=json.dumps([TOLD])))
    assert service.job(shell, "lab-1", 7).number == 7
    with pytest.raises(UsageError, match="lab-1 has no job 8"):
        service.job(shell, "lab-1", 8)


def test_an_end_is_waited_for() -> None:
    shell = ScriptedShell(lambda _argv: completed())
    service.cancel(shell, "lab-1", 7)
    assert shell.ran == [(PROGRAM, "cancel", "--wait", "7")]
