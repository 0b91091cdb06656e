"""What `withgpu` becomes on a host of a cluster."""

from pathlib import Path

import pytest

from gpuhost.leases import srun
from gpuhost.leases.client import run
from gpuhost.leases.client.connection import instead


def handed_over(*arguments: str) -> list[str]:
    given = run._parser().parse_args(arguments)
    return srun.argv(given, given.command[1:] if given.command[:1] == ["--"] else given.command)


def test_it_becomes_srun_with_the_same_wishes() -> None:
    assert handed_over("python", "a.py") == [
        *("srun", "--nodes=1", "--ntasks=1", "--gres=gpu:1", "--", "python", "a.py")
    ]
    asked = handed_over("--gpus", "2", "--time", "90m", "--name", "a b", "--no-wait", "--", "./t")
    assert asked[3:] == ["--gres=gpu:2", "--time=90", "--job-name=a b", "--immediate=5", "--", "./t"]
    assert "--gres=gpu:3g.40gb:1" in handed_over("--kind", "3g.40gb", "--", "a")
    assert "--gres=mps:1" in handed_over("--kind", "mps", "--", "a")
    assert not any("gres" in word for word in handed_over("--gpus", "0", "--", "a"))


def test_a_detached_job_is_a_batch() -> None:
    asked = handed_over("--detach", "--", "sh", "-c", "echo a b")
    assert asked[:2] == ["sbatch", "--parsable"]
    assert asked[-1] == "--wrap=sh -c 'echo a b'"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--from", "14:00", "--for", "2h"), "scontrol create reservation"),
        (("--memory-fraction", "0.5", "--", "a"), "--kind mps"),
        (("--image", "x", "--", "a"), "podman run"),
        (("--json", "--", "a"), "squeue --me --json"),
        (("--keep", "--", "a"), "--detach"),
        ((), "which command?"),
    ],
)
def test_what_a_cluster_does_not_do_is_said_with_what_to_type(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        handed_over(*arguments)


def test_who_asks_for_leases_there_is_told_of_slurm(tmp_path: Path) -> None:
    assert instead(tmp_path) == "squeue and scancel; Slurm gives this host's GPUs out"
    assert instead(tmp_path / "none") == "systemctl status orchestrate-leases"


def test_a_program_that_is_not_there_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert srun.become(run._parser().parse_args(["true"]), ["true"]) == 2
    assert "srun is not there" in capsys.readouterr().err
