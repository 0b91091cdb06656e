"""What Slurm is asked for, word by word, and what becomes of its answers and refusals."""

from pathlib import Path

import pytest

from orchestrator.errors import GarbledAnswerError, OrchestrateError, UsageError
from orchestrator.jobs.slurm import service
from orchestrator.jobs.slurm.answers import SACCT_FORMAT, SEPARATOR, SINFO_FORMAT, SQUEUE_FORMAT
from orchestrator.jobs.slurm.batch import BATCH
from orchestrator.jobs.slurm.service import SlurmError
from orchestrator.jobs.slurm.values import BatchJob
from orchestrator.remote import Completed
from tests.unit.builders import ScriptedShell, completed, host

ANSWERS = Path(__file__).with_name("answers")
SQUEUE = (ANSWERS / "squeue-24.11.txt").read_text()
SACCT = (ANSWERS / "sacct-24.11.txt").read_text()
BOTH = f"{SQUEUE}accounting:\n{SACCT}"
BATCH_JOB = BatchJob(
    command=("python", "it's.py"), folder="/shared/x y", gpus=1, environment="/opt/ml/envs/default/bin"
)


def answering(*, sbatch: Completed | None = None, told: str = BOTH) -> ScriptedShell:
    return ScriptedShell(
        lambda argv: (sbatch or completed("7\n")) if "sbatch" in argv else completed(stdout=told)
    )


def test_a_job_is_submitted_with_its_script_and_the_command_as_arguments() -> None:
    shell = answering()
    assert service.submit(shell, host(), BATCH_JOB).reference == "lab/7"
    assert shell.ran[0][4:] == (
        "/shared/x y",
        "/shared/x y/orchestrate-job.sh",
        "sbatch",
        "--parsable",
        *BATCH_JOB.options(),
        "/shared/x y/orchestrate-job.sh",
        "5",
        "/opt/ml/envs/default/bin",
        "python",
        "it's.py",
    )
    assert shell.told[0] == BATCH


def test_slurms_refusal_is_told() -> None:
    said = "sbatch: error: Batch job submission failed: Requested node configuration is not available\n"
    with pytest.raises(SlurmError, match="Requested node configuration is not available") as refused:
        service.submit(answering(sbatch=completed(exit_code=1, stderr=said)), host(), BATCH_JOB)
    assert refused.value.hint == "orchestrate status --name lab"


def test_a_job_that_was_submitted_before_slurm_fell_silent_is_not_submitted_again() -> None:
    away = completed(exit_code=1, stderr="slurm_load_jobs error: Unable to contact slurm controller")
    shell = ScriptedShell(lambda argv: completed("7\n") if "sbatch" in argv else away)
    with pytest.raises(SlurmError, match="lab/7 is submitted; then: Slurm does not answer") as told:
        service.submit(shell, host(), BATCH_JOB)
    assert told.value.hint == "orchestrate logs -f lab/7"


@pytest.mark.parametrize(
    ("code", "said", "cause", "hint"),
    [
        (
            1,
            "slurm_load_jobs error: Unable to contact slurm controller (connect failure)",
            "does not answer",
            "systemctl",
        ),
        (127, "sh: 1: exec: sbatch: not found", "has no Slurm", "orchestrate up --cluster"),
    ],
)
def test_slurm_that_does_not_answer_or_is_not_there_is_told(
    code: int, said: str, cause: str, hint: str
) -> None:
    shell = ScriptedShell(lambda _argv: completed(exit_code=code, stderr=said))
    asked = (lambda: service.jobs(shell, host()), lambda: service.hosts(shell, host()))
    for ask in asked:
        with pytest.raises(SlurmError, match=cause) as refused:
            ask()
        assert hint in refused.value.hint


def test_jobs_are_those_of_the_controller_and_of_the_accounting() -> None:
    shell = answering(told=f"{SQUEUE.splitlines()[0]}\naccounting:\n{SACCT}")
    found = service.jobs(shell, host())
    assert [job.number for job in found] == sorted(job.number for job in found)
    assert len(found) > 10
    assert shell.ran[0][4:] == (SQUEUE_FORMAT, SEPARATOR, SACCT_FORMAT, "--starttime=now-1days")


def test_a_cluster_without_accounting_has_jobs_too() -> None:
    assert service.jobs(answering(told=f"{SQUEUE}accounting:\n"), host(), every=True)


def test_one_job_is_asked_for_by_its_number() -> None:
    shell = answering()
    assert service.job(shell, host(), 7).exit_code == 3
    assert shell.ran[0][-1] == "--jobs=7"
    with pytest.raises(UsageError, match="lab has no job 999") as refused:
        service.job(shell, host(), 999)
    assert refused.value.hint == "orchestrate queue lab"


def test_a_job_is_cancelled_and_waited_for() -> None:
    shell = answering()
    service.cancel(shell, host(), 7)
    assert shell.ran[0][4:] == ("7",)


def test_another_users_job_is_not_cancelled() -> None:
    said = "scancel: error: Kill job error on job id 5: Access/permission denied"
    with pytest.raises(OrchestrateError, match="permission denied"):
        service.cancel(ScriptedShell(lambda _argv: completed(exit_code=1, stderr=said)), host(), 5)


def test_hosts_are_asked_for_once() -> None:
    shell = ScriptedShell(lambda _argv: completed((ANSWERS / "sinfo-22.05.txt").read_text()))
    assert [each.name for each in service.hosts(shell, host())] == ["lab-2", "lab-1"]
    assert shell.ran == [("sinfo", "--Node", "--noheader", f"--format={SINFO_FORMAT}")]


@pytest.mark.parametrize("said", ["Welcome!", ""])
def test_an_answer_that_cannot_be_read_is_told(said: str) -> None:
    with pytest.raises(GarbledAnswerError):
        service.submit(answering(sbatch=completed(said)), host(), BATCH_JOB)
    with pytest.raises(GarbledAnswerError):
        service.hosts(ScriptedShell(lambda _argv: completed("Welcome!")), host())
