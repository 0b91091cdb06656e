"""People's own jobs on a host that leases its GPUs: followed, survive whatever becomes of who follows, and end without a trace."""

import json
from pathlib import Path

import pytest

from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import User, engine

pytestmark = pytest.mark.containers

FLEET = "roles: [base, ssh_server, gpu_leases]\n"
EXAMPLE = str(Path(__file__).parents[2] / "examples/job")
EPOCHS = 12
PYTHON = "mkdir -p /opt/ml/envs/default/bin && ln -sf /usr/bin/python3 /opt/ml/envs/default/bin/python"
"""Role ml_env takes minutes; what it makes is named by the plan."""


@pytest.fixture(scope="module", autouse=True)
def training_environment(owner: User) -> None:
    on_the_host(owner, PYTHON)


def on_the_host(user: User, script: str) -> str:
    return engine("exec", user.container(f"{user.fleet}-1"), "sh", "-c", script).decode()


def started(owner: User, *command: str) -> str:
    """What the job is called."""
    said = owner.run("run", f"{owner.fleet}-1", "--gpus", "0", "--sync", EXAMPLE, "--detach", "--", *command)
    assert said.code == 0, said.err
    return said.out.strip()


def epochs(text: str) -> list[str]:
    return [line.split()[1] for line in text.splitlines() if line.startswith("epoch ")]


ALL = [f"{number}/{EPOCHS}:" for number in range(1, EPOCHS + 1)]


def test_a_job_is_followed_to_its_end_and_its_results_are_pulled(owner: User, tmp_path: Path) -> None:
    said = owner.run(
        *("run", f"{owner.fleet}-1", "--sync", EXAMPLE),
        *("--", "python", "train.py", "--epochs", str(EPOCHS), "--pause", "0"),
    )
    assert said.code == 0, said.err
    assert epochs(said.out) == ALL
    assert "with /opt/ml/envs/default/bin/python" in said.out
    (job,) = owner.run("jobs", "--json").json
    assert (job["state"], job["result"], job["user"]) == ("ended", "success", "admin")
    pulled = owner.run("pull", str(job["number"]), "--to", str(tmp_path / "out"))
    assert pulled.code == 0, pulled.err
    assert sorted(path.name for path in (tmp_path / "out").rglob("*") if path.is_file()) == [
        "log.csv",
        "model.json",
    ]
    assert json.loads((tmp_path / "out/results/model.json").read_text())["accuracy"] > 0.9


def test_a_dropped_connection_is_taken_up_again_and_nothing_is_lost_or_comes_twice(owner: User) -> None:
    job = started(owner, "python", "train.py", "--epochs", str(EPOCHS))
    with owner.running("logs", "-f", job) as following:
        following.wait_until_it_says("epoch 3/")
        on_the_host(owner, "pkill -KILL -f '^sshd: admin'")
        following.wait_until_it_says(f"epoch {EPOCHS}/")
        assert following.has_ended_within(30)
        assert epochs(following.said) == ALL
        assert f"{job} runs on and is taken up again" in following.said


def test_a_job_outlives_the_computer_that_followed_it(owner: User) -> None:
    with owner.running(
        *("run", f"{owner.fleet}-1", "--gpus", "0", "--sync", EXAMPLE),
        *("--", "python", "train.py", "--epochs", str(EPOCHS)),
    ) as running:
        running.wait_until_it_says("epoch 2/")
        running.kill_9()
    job = max(owner.run("jobs", "--json").json, key=lambda each: each["number"])
    assert job["state"] == "running"
    no_follower_is_left(owner)
    followed = owner.run("logs", "-f", f"{job['host']}/{job['number']}")
    assert followed.code == 0
    assert epochs(followed.out) == ALL


def no_follower_is_left(owner: User) -> None:
    """The host's end of it sees that nobody reads."""

    def probe() -> bool | NotYet:
        left = on_the_host(owner, "pgrep -af '[g]puhost logs' || true")
        return NotYet(left) if left else True

    assert wait_for("the follower's end", probe, timeout_s=20)


def test_ctrl_c_leaves_the_job_running_and_says_how_to_follow_it(owner: User) -> None:
    with owner.running("run", f"{owner.fleet}-1", "--gpus", "0", "--", "sleep", "600") as running:
        running.wait_until_it_says("gpuhost: job ")
        assert running.press_ctrl_c() == 130
        assert "runs on" in running.said
    job = max(owner.run("jobs", "--json").json, key=lambda each: each["number"])
    assert f"orchestrate logs -f --name {owner.fleet} {job['host']}/{job['number']}" in running.said
    assert job["state"] == "running"
    assert owner.run("cancel", f"{job['host']}/{job['number']}").code == 0


def test_cancel_leaves_no_process_even_of_those_that_heed_no_signal(owner: User) -> None:
    stubborn = "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 987651' & sleep 987651"
    job = started(owner, "sh", "-c", stubborn)
    wait_for("its processes", lambda: is_running(owner) or NotYet("not both"), timeout_s=20)
    said = owner.run("cancel", job)
    assert said.code == 0, said.err
    assert on_the_host(owner, "pgrep -af 'sleep 98765[1]' || true") == ""
    assert "canceled by admin" in owner.run("jobs").out


def is_running(owner: User) -> bool:
    """Both of its loops, the one that has left its session included."""
    return on_the_host(owner, "pgrep -xaf 'sleep 98765[1]' || true").count("\n") == 2


def test_the_jobs_exit_code_is_that_of_who_followed_it(owner: User) -> None:
    said = owner.run("run", f"{owner.fleet}-1", "--gpus", "0", "--", "sh", "-c", "echo no >&2; exit 7")
    assert said.code == 7
    assert "has ended: exit code 7" in said.err


def test_what_cannot_be_had_is_refused_with_what_to_type(owner: User) -> None:
    said = owner.run("run", f"{owner.fleet}-1", "--gpus", "2", "--", "true")
    assert said.code != 0
    assert "this host has no GPUs, and 2 were asked for" in said.cause
    assert "gpuhost leases" in said.hint
