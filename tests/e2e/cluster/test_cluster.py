"""From bare containers to a cluster: each task has its own card, a bad card drains its host, a host that is added or dies loses
no job. It takes five to six minutes."""

import re
from pathlib import Path

import pytest

from orchestrator.waiting import NotYet, wait_for
from tests.e2e.cluster.lab import Lab
from tests.e2e.user import engine
from tests.nvml.library import LOST

pytestmark = [pytest.mark.containers, pytest.mark.landing]

COUNT = """
import os, pathlib, sys, time
rank, tasks = int(os.environ["SLURM_PROCID"]), int(os.environ["SLURM_NTASKS"])
kept, other = pathlib.Path(f"count-{rank}"), pathlib.Path(f"count-{(rank + 1) % tasks}")
start = int(kept.read_text()) if kept.exists() else 0
print(f"task {rank} of {tasks} on {os.uname().nodename} begins at {start}", flush=True)
for number in range(start + 1, int(sys.argv[1]) + 1):
    time.sleep(0.5)
    kept.with_suffix(".new").write_text(str(number))
    kept.with_suffix(".new").rename(kept)
    # As in training, nobody goes on without the others, and whoever loses one fails.
    waited = 0.0
    while tasks > 1 and (not other.exists() or int(other.read_text()) < number - 1):
        time.sleep(0.1)
        waited += 0.1
        if waited > 10:
            sys.exit(f"task {rank}: its peer is gone")
print(f"task {rank} has counted to {sys.argv[1]}", flush=True)
"""


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a program that counts, keeps how far it is, and goes on there."""
    folder = tmp_path_factory.mktemp("counting")
    (folder / "count.py").write_text(COUNT)
    return folder


def test_each_task_of_a_step_has_a_card_of_its_host_and_the_accounting_has_it(lab: Lab) -> None:
    told = lab.on(1, "srun -N3 --gres=gpu:1 sh -c 'echo $(hostname) $CUDA_VISIBLE_DEVICES'")
    assert sorted(told.splitlines()) == [f"{lab.host(number)} 0" for number in (2, 3, 4)]
    both = lab.on(1, "srun -N3 --gres=gpu:2 sh -c 'echo $(hostname) $CUDA_VISIBLE_DEVICES'")
    assert sorted(both.splitlines()) == [f"{lab.host(number)} 0,1" for number in (2, 3, 4)]
    rows = wait_for("the accounting", lambda: _accounted(lab), timeout_s=30, interval_s=1)
    assert [re.search(r"gres/gpu=(\d+)", row)[1] for row in rows] == ["3", "6"]  # type: ignore[index]


def test_two_jobs_on_one_host_have_a_card_each(lab: Lab) -> None:
    show = f"srun -w {lab.host(2)} --gres=gpu:1 sh -c 'echo $CUDA_VISIBLE_DEVICES; sleep 3'"
    assert sorted(lab.on(1, f"{show} & {show}; wait").split()) == ["0", "1"]


def test_a_job_across_hosts_is_followed_to_its_end_with_its_exit_code(lab: Lab, counting: Path) -> None:
    user = lab.user
    said = user.run(
        *("submit", user.fleet, "--hosts", "2", "--gpus", "1", "--sync", str(counting)),
        *("--", "python3", "count.py", "3"),
    )
    assert said.code == 0, said.err
    assert {f"task {rank} has counted to 3" for rank in (0, 1)} <= set(said.out.splitlines())
    failed = user.run("submit", user.fleet, "--hosts", "2", "--gpus", "0", "--", "sh", "-c", "exit 7")
    assert failed.code == 7, failed.err
    assert "has ended: failed" in failed.err


def test_a_job_is_seen_in_the_queue_its_log_is_followed_and_it_is_cancelled(lab: Lab, counting: Path) -> None:
    user = lab.user
    job = lab.submitted("--hosts", "3", "--gpus", "2", "--", "python3", "count.py", "1000", sync=counting)
    waiting = lab.submitted("--hosts", "2", "--gpus", "1", "--", "true")
    lab.until(job, "running")
    with user.running("logs", "-f", job) as following:
        following.wait_until_it_says("task 2 of 3", timeout_s=60)
        engine("exec", user.container(lab.host(1)), "pkill", "-KILL", "-f", "^sshd: admin")
        following.wait_until_it_says(f"{job} runs on and is taken up again", timeout_s=60)
        assert following.said.count("task 2 of 3") == 1
        assert following.press_ctrl_c() == 130
        assert f"try: orchestrate logs -f {job}" in following.said
    told = user.run("queue", user.fleet)
    assert job in told.out
    assert f"{waiting} waits" in told.out
    assert user.run("cancel", job).code == 0
    assert lab.job(job)["state"] == "cancelled"
    assert user.run("logs", "-f", job).code == 130
    assert lab.until(waiting, "completed")["exit_code"] == 0


def test_what_the_cluster_could_never_give_is_refused(lab: Lab) -> None:
    user = lab.user
    for words, seen in (
        (("--hosts", "9"), "has 3 hosts that run jobs, and 9 are asked for"),
        (("--gpus", "3"), f"no host of {user.fleet} has 3 GPUs"),
    ):
        refused = user.run("submit", user.fleet, *words, "--", "true")
        assert refused.code == 2
        assert seen in refused.cause
    refused = user.run("run", lab.host(2), "--", "true")
    assert refused.hint == f"orchestrate submit {user.fleet} --gpus 1 -- true"


def test_a_host_whose_card_fails_is_drained_with_the_reason_and_comes_back(lab: Lab) -> None:
    lab.play(4, f"lost {LOST}")
    reason = lab.until_host(4, "drained", "draining", timeout_s=60)
    assert reason.startswith("orchestrate: ")
    assert reason in lab.user.run("status").out
    assert lab.user.run("submit", lab.user.fleet, "--hosts", "2", "--gpus", "1", "--", "true").code == 0
    lab.play(4)
    lab.until_host(4, "idle", timeout_s=60)


def test_a_host_that_is_added_disturbs_no_job(lab: Lab, counting: Path) -> None:
    job = lab.submitted("--hosts", "2", "--gpus", "1", "--", "python3", "count.py", "1000", sync=counting)
    before = lab.until(job, "running")
    said = lab.up(hosts=5, cards_of=(5,))
    assert said.code == 0, said.err
    now = lab.job(job)
    assert (now["state"], now["restarts"]) == ("running", 0)
    assert now["started_at"] == before["started_at"]
    told = lab.on(1, f"srun -w {lab.host(5)} --gres=gpu:2 sh -c 'echo $(hostname) $CUDA_VISIBLE_DEVICES'")
    assert told.split() == [lab.host(5), "0,1"]
    fewer = lab.user.run("up", "--hosts", "2", "--no-validate")
    assert fewer.code == 2
    assert f"jobs run there: {job} on {before['hosts'][1]}" in fewer.cause
    assert lab.user.run("cancel", job).code == 0


def test_a_job_whose_host_dies_starts_again_on_others_and_goes_on_where_it_was(
    lab: Lab, counting: Path
) -> None:
    job = lab.submitted("--hosts", "2", "--gpus", "1", "--", "python3", "count.py", "40", sync=counting)
    running = lab.until(job, "running")
    wait_for("some progress", lambda: _counted(lab, running["folder"]), timeout_s=60, interval_s=1)
    victim = running["hosts"][1]
    engine("kill", lab.user.container(victim))
    number = int(victim.rpartition("-")[2])
    lab.until(job, "pending", timeout_s=90)
    lab.until_host(number, "down", "down*", timeout_s=90)
    # What went back waits two minutes for what is left of it; nothing is.
    lab.on(1, f"scontrol update jobid={job.rpartition('/')[2]} starttime=now")
    ended = lab.until(job, "completed", "failed", "node_fail", timeout_s=120)
    assert (ended["state"], ended["exit_code"], ended["restarts"]) == ("completed", 0, 1)
    assert victim not in ended["hosts"]
    log = lab.user.run("logs", job).out
    starts = [int(found) for found in re.findall(r"begins at (\d+)", log)]
    assert starts[:2] == [0, 0]
    assert min(starts[2:]) > 0
    assert log.count("has counted to 40") == 2


def _counted(lab: Lab, folder: str) -> bool | NotYet:
    seen = lab.on(1, f"for each in {folder}/count-?; do cat $each && echo; done 2> /dev/null; true").split()
    return (len(seen) >= 2 and min(map(int, seen)) >= 4) or NotYet(str(seen))


def _accounted(lab: Lab) -> list[str] | NotYet:
    told = lab.on(1, "sacct --allocations --noheader --parsable2 --format=State,AllocTRES").splitlines()
    done = [row for row in told if row.startswith("COMPLETED")]
    return done if len(done) == 2 else NotYet(str(told))
