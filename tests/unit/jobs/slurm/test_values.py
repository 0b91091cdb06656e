"""What Slurm 22.05 and 24.11 print, read; and what sbatch is given, word by word."""

from pathlib import Path

import pytest

from orchestrator.errors import UsageError
from orchestrator.jobs.slurm.answers import expand_hosts, parse_hosts, parse_number, parse_sacct, parse_squeue
from orchestrator.jobs.slurm.values import BatchJob, SlurmJob, slurm_time

ANSWERS = Path(__file__).with_name("answers")
RELEASES = ("22.05", "24.11")


def queued(release: str) -> dict[int, SlurmJob]:
    found = parse_squeue("lab", (ANSWERS / f"squeue-{release}.txt").read_text())
    return {job.number: job for job in found}


def accounted(release: str) -> dict[int, SlurmJob]:
    return {job.number: job for job in parse_sacct("lab", (ANSWERS / f"sacct-{release}.txt").read_text())}


@pytest.mark.parametrize("release", RELEASES)
def test_a_job_that_ended_says_how(release: str) -> None:
    found = queued(release)
    assert [(found[n].state, found[n].exit_code) for n in (6, 7, 10, 12)] == [
        ("completed", 0),
        ("failed", 3),
        ("cancelled", 143),
        ("failed", 137),
    ]
    assert found[6].succeeded
    assert found[6].has_ended
    assert not found[7].succeeded
    assert (found[8].restarts, found[8].reference) == (1, "lab/8")


@pytest.mark.parametrize("release", RELEASES)
def test_the_accounting_says_the_same_of_jobs_that_the_controller_still_knows(release: str) -> None:
    now, later = queued(release), accounted(release)
    for number in (1, 6, 7, 8):
        assert (later[number].state, later[number].exit_code) == (now[number].state, now[number].exit_code)
        assert (later[number].gpus, later[number].hosts) == (now[number].gpus, now[number].hosts)
        assert (later[number].started_at, later[number].ends_at) == (
            now[number].started_at,
            now[number].ends_at,
        )
    assert later[16].output == now[16].output == "/home/lab/x/orchestrate-runs/a b/job-16.log"


@pytest.mark.parametrize("release", RELEASES)
def test_a_job_that_waits_says_for_what(release: str) -> None:
    job = queued(release)[13]
    assert (job.state, job.reason, job.hosts, job.exit_code) == ("pending", "PartitionTimeLimit", (), None)
    assert job.started_at is None
    assert not job.has_ended


@pytest.mark.parametrize("release", RELEASES)
def test_a_name_may_have_any_letters(release: str) -> None:
    assert queued(release)[1].name == "a|b c"
    assert accounted(release)[16].name == "it's | a; $(name)"


@pytest.mark.parametrize("release", RELEASES)
def test_a_drained_host_says_why(release: str) -> None:
    idle, drained = parse_hosts((ANSWERS / f"sinfo-{release}.txt").read_text())
    assert (idle.name, idle.state, idle.gpus, idle.cpus, idle.reason) == ("lab-2", "idle", 2, 4, "")
    assert (drained.state, drained.reason) == ("drained", "orchestrate: GPU 0 has fallen off the bus")
    assert idle.takes_jobs
    assert not drained.takes_jobs


@pytest.mark.parametrize(
    ("state", "takes"),
    [("idle*", False), ("idle~", True), ("mixed#", True), ("down", False), ("maint", False)],
)
def test_a_host_that_is_powered_down_takes_jobs_and_one_that_does_not_answer_takes_none(
    state: str, takes: bool
) -> None:
    (host,) = parse_hosts(f"lab-1<|>{state}<|>(null)<|>4<|>none\n")
    assert host.takes_jobs is takes
    assert host.gpus == 0


@pytest.mark.parametrize(
    ("gres", "count"),
    [("gpu:2", 2), ("gpu:l40s:1(S:0-1)", 1), ("gpu:l40s:1,gpu:a100:2", 3), ("gpu:1g.10gb:7(S:0),mps:100", 7)],
)
def test_cards_of_a_host_are_counted(gres: str, count: int) -> None:
    assert parse_hosts(f"lab-1<|>idle<|>{gres}<|>4<|>none")[0].gpus == count


def test_a_host_of_two_partitions_is_one() -> None:
    assert len(parse_hosts("lab-1<|>idle<|>(null)<|>4<|>none\n" * 2)) == 1


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("lab-1", ("lab-1",)),
        ("lab-[1-3,7]", ("lab-1", "lab-2", "lab-3", "lab-7")),
        ("lab-[08-11],other", ("lab-08", "lab-09", "lab-10", "lab-11", "other")),
        ("a1,b2", ("a1", "b2")),
        ("", ()),
    ],
)
def test_a_list_of_hosts_is_unfolded(text: str, names: tuple[str, ...]) -> None:
    assert expand_hosts(text) == names


@pytest.mark.parametrize("text", ["Welcome!", "1<|>2<|>3<|>"])
def test_what_is_no_answer_is_refused(text: str) -> None:
    for parse in (parse_squeue, parse_sacct):
        with pytest.raises(ValueError, match="values"):
            parse("lab", text)


def test_a_number_may_come_with_its_cluster() -> None:
    assert (parse_number("12\n"), parse_number("13;lab\n")) == (12, 13)
    with pytest.raises(ValueError, match="invalid literal"):
        parse_number("")


@pytest.mark.parametrize(
    ("typed", "given"),
    [("4h", "240"), ("90m", "90"), ("2d", "2880"), ("2d12h", "3600"), ("1.5h", "90"), ("45", "45")]
    + [(same, same) for same in ("1:30:00", "2-12", "1-00:30:00", "30:00")],
)
def test_a_time_is_given_as_slurm_takes_it(typed: str, given: str) -> None:
    assert slurm_time(typed) == given


@pytest.mark.parametrize("typed", ["soon", "4 hours", "-1", "0h", "h"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(UsageError) as refused:
        slurm_time(typed)
    assert "--time 4h" in refused.value.hint


def test_sbatch_is_given_what_was_asked_for() -> None:
    batch = BatchJob(
        command=("python", "train.py"), folder="/shared/admin/x", hosts=2, gpus=1, cpus=4, time="4h"
    )
    assert batch.options() == (
        "--nodes=2",
        "--ntasks-per-node=1",
        "--gpus-per-node=1",
        "--cpus-per-task=4",
        "--time=240",
        "--job-name=python",
        "--chdir=/shared/admin/x",
        "--output=/shared/admin/x/job-%j.log",
        "--open-mode=append",
        "--requeue",
    )


def test_what_was_not_asked_for_is_left_to_slurm() -> None:
    batch = BatchJob(command=("/bin/true",), folder="/shared/x", name="mine", requeue=False)
    assert batch.options() == (
        "--nodes=1",
        "--ntasks-per-node=1",
        "--job-name=mine",
        "--chdir=/shared/x",
        "--output=/shared/x/job-%j.log",
        "--open-mode=append",
        "--no-requeue",
    )
