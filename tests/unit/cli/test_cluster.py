"""Commands about a cluster, typed in this process; its controller is a script."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.cli.cluster import target
from orchestrator.cli.cluster.standing import asked_cluster, print_cluster
from orchestrator.cli.connect.hosts import TargetHost
from orchestrator.config import FleetSpec
from orchestrator.journal import Journal
from orchestrator.models import Cluster, Host
from orchestrator.remote import Completed
from tests.unit.builders import ScriptedShell, completed, host
from tests.unit.cli.inside import Here, Said
from tests.unit.stages.test_inventory import PLAN

ANSWERS = Path(__file__).parents[1] / "jobs/slurm/answers"
SQUEUE = (ANSWERS / "squeue-24.11.txt").read_text()
SINFO = "".join(f"lab-{number}<|>{state}<|>gpu:2<|>4<|>{why}\n" for number, state, why in (
    (2, "idle", "none"), (3, "drained", "orchestrate: GPU 1 is lost"), (4, "idle", "none")
))  # fmt: skip
FACTS = json.dumps({"cluster": "lab", "shared_folder": "/shared", "version": "24.11.5"})
FOLDER = "/shared/admin/orchestrate-runs/train-1"
Typing = Callable[..., Said]


def recorded(home: Path, fleet: str, *, cluster: bool) -> Journal:
    journal = Journal(fleet, home / "orchestrate")
    journal.record("begin", {"command": "orchestrate up"})
    names = tuple(f"{fleet}-{number}" for number in (1, 2, 3, 4))
    journal.save("hosts", tuple(replace(host(name), fleet=fleet) for name in names))
    made = Cluster(controller=names[0], compute=names[1:], shared_folder="/shared")
    journal.save("plan", replace(PLAN, fleet=fleet, cluster=made if cluster else None))
    return journal


@pytest.fixture
def shell() -> ScriptedShell:
    def answer(argv: tuple[str, ...]) -> Completed:
        if argv[0] == "sinfo":
            return completed(SINFO)
        if argv[0] == "cat":
            return completed(FACTS)
        if "sbatch" in argv:
            return completed("9\n")
        if 'mkdir -p "$user/$2"' in argv[2]:
            return completed(f"{FOLDER}\nnone\n\n")
        if "squeue --noheader --states=all" in argv[2]:
            return completed(f"{SQUEUE}accounting:\n")
        return completed()

    return ScriptedShell(answer)


@pytest.fixture
def types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shell: ScriptedShell
) -> Typing:
    """Type a command beside a cluster `lab` and a fleet `own` without one."""
    recorded(tmp_path, "lab", cluster=True)
    recorded(tmp_path, "own", cluster=False)

    def target_host(_config: object, name: str, wanted: str, **_: object) -> TargetHost:
        return TargetHost(
            host=replace(host(wanted), fleet=name),
            spec=FleetSpec(name=name),
            journal=Journal(name, tmp_path / "orchestrate"),
        )

    monkeypatch.setattr(target, "target_host", target_host)
    monkeypatch.setattr("orchestrator.cli.jobs.run.target_host", lambda c, n, h: target_host(c, h[:3], h))
    monkeypatch.setattr(TargetHost, "shell", lambda _self: shell)
    return Here(home=tmp_path, monkeypatch=monkeypatch, capsys=capsys).types


def test_a_job_is_submitted_as_it_was_typed(types: Typing, shell: ScriptedShell) -> None:
    words = ("--hosts", "2", "--gpus", "1", "--cpus", "2", "--time", "4h", "--job-name", "mine")
    said = types("submit", "lab", *words, "--detach", "--", "python", "train.py", "--epochs", "3")
    assert (said.code, said.out) == (0, "lab/9\n"), said.err
    assert "orchestrate logs -f lab/9" in said.err
    (given,) = (argv for argv in shell.ran if "sbatch" in argv)
    assert given[given.index("sbatch") :] == (
        *(
            "sbatch",
            "--parsable",
            "--nodes=2",
            "--ntasks-per-node=1",
            "--gpus-per-node=1",
            "--cpus-per-task=2",
        ),
        *("--time=240", "--job-name=mine", f"--chdir={FOLDER}", f"--output={FOLDER}/job-%j.log"),
        *("--open-mode=append", "--requeue", f"{FOLDER}/orchestrate-job.sh"),
        *("5", "/opt/ml/envs/default/bin", "python", "train.py", "--epochs", "3"),
    )


def test_a_workload_of_ours_is_laid_where_all_hosts_see_it(types: Typing, shell: ScriptedShell) -> None:
    said = types("submit", "lab", "--hosts", "2", "--workload", "distributed", "-d", "--", "--epochs", "4")
    assert said.code == 0, said.err
    assert list(shell.files) == [f"{FOLDER}/workloads.pyz"]
    (given,) = (argv for argv in shell.ran if "sbatch" in argv)
    assert given[-9:] == (
        *("/opt/ml/envs/default/bin/python", f"{FOLDER}/workloads.pyz", "distributed"),
        *("--result", f"{FOLDER}/result.json", "--checkpoints", f"{FOLDER}/checkpoints", "--epochs", "4"),
    )
    assert "--job-name=distributed" in given


def test_a_job_that_does_not_say_has_a_gpu_where_hosts_have_any(types: Typing, shell: ScriptedShell) -> None:
    assert types("submit", "lab", "--json", "-d", "--", "true").code == 0
    assert any("--gpus-per-node=1" in argv for argv in shell.ran)


@pytest.mark.parametrize(
    ("words", "cause", "hint"),
    [
        (("--hosts", "9"), "lab has 3 hosts that run jobs, and 9 are asked for", "--hosts 3, or"),
        (("--gpus", "5"), "no host of lab has 5 GPUs, and 1 are asked for; the most on one is 2", "--gpus 2"),
        (("--cpus", "64"), "no host of lab has 64 CPUs; the most on one is 4", "--cpus 4"),
        (("--time", "soon"), "'soon' is no time", "--time 4h"),
    ],
)
def test_what_can_never_be_given_is_refused(
    types: Typing, shell: ScriptedShell, words: tuple[str, ...], cause: str, hint: str
) -> None:
    said = types("submit", "lab", *words, "--", "true")
    assert said.code == 2
    assert f"{cause}\n  try: {hint}" in said.err
    assert not any("sbatch" in argv for argv in shell.ran)


def test_who_is_away_is_told_where_the_job_waits_for_them(types: Typing) -> None:
    said = types("submit", "lab", "--hosts", "3", "-d", "--", "true")
    assert "lab-3 is drained: orchestrate: GPU 1 is lost" in said.err
    assert "the job waits until 3 hosts of lab take jobs" in said.err


@pytest.mark.parametrize(
    ("name", "seen", "hint"),
    [
        ("own", "fleet own is no cluster", "one of lab"),
        ("typo", "fleet typo is not on record here", "one of lab"),
    ],
)
def test_a_fleet_that_is_no_cluster_is_told(types: Typing, name: str, seen: str, hint: str) -> None:
    for words in (("submit", name, "--", "true"), ("queue", name)):
        said = types(*words)
        assert (said.code, said.err) == (2, f"{seen}\n  try: {hint}\n")


def test_which_command_is_asked_for(types: Typing) -> None:
    said = types("submit", "lab")
    assert said.err == "which command?\n  try: orchestrate submit lab --hosts 2 -- python train.py\n"


def test_the_queue_shows_who_has_what_and_who_waits_for_what(types: Typing) -> None:
    said = types("queue", "lab")
    assert said.code == 0
    assert "lab/7 " in said.out
    assert "failed (3)" in said.out
    assert "lab/13 waits: PartitionTimeLimit" in said.out
    told = json.loads(types("queue", "lab-2", "--json").out)
    assert {each["number"] for each in told} >= {6, 7, 13}


def test_a_job_is_cancelled_and_one_that_has_ended_is_left_alone(types: Typing, shell: ScriptedShell) -> None:
    said = types("cancel", "lab/7")
    assert said.out == "lab/7 has ended already: failed\n"
    assert not any("scancel" in argv[2] for argv in shell.ran if argv[0] == "sh")
    assert types("cancel", "lab/9").code == 0
    assert any("scancel" in argv[2] and argv[-1] == "9" for argv in shell.ran if argv[0] == "sh")


def test_a_host_of_a_cluster_says_what_to_type_instead(types: Typing) -> None:
    said = types("run", "lab-2", "--", "python", "train.py")
    assert said.err == (
        "lab-2 is a host of cluster lab: Slurm gives out its GPUs\n"
        "  try: orchestrate submit lab --gpus 1 -- python train.py\n"
    )
    assert types("cancel", "lab-2/7").err == (
        "lab-2 is a host of cluster lab, whose jobs are the cluster's\n  try: lab/7 instead of lab-2/7\n"
    )
    assert "orchestrate queue lab" in types("jobs", "--name", "lab").err


def test_status_asks_the_controller_alone_and_says_why_a_host_takes_no_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shell: ScriptedShell
) -> None:
    asked: list[str] = []

    def shell_of(to: Host, **_: object) -> ScriptedShell:
        asked.append(to.name)
        return shell

    monkeypatch.setattr("orchestrator.remote.shell_of", shell_of)
    journal = recorded(tmp_path, "lab", cluster=True)
    running = journal.load("hosts", tuple[Host, ...]) or ()
    print_cluster(asked_cluster(journal, running), "lab")
    assert asked == ["lab-1"]
    assert "  lab-3  drained, 2 GPUs: orchestrate: GPU 1 is lost\n" in capsys.readouterr().out
    assert asked_cluster(recorded(tmp_path, "own", cluster=False), running) is None
    assert asked == ["lab-1"]
