"""The program itself, run as a host runs it, in an interpreter without site-packages.

Where a framework is needed, a file in its place does what the framework would do at its worst.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestrator.jobs.program import PROGRAM, workloads_program

ROOT = Path(__file__).parents[3]
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PYTHON = (sys.executable, "-S")
SMOKE = ("smoke", "--device", "cpu", "--attempt", "5e1f0a2b", "--result", "result.json")


def test_without_its_framework_a_job_says_so_and_leaves_a_result(tmp_path: Path) -> None:
    done = run(tmp_path, *SMOKE)
    assert done.returncode == 2
    left = result(tmp_path)
    assert left["status"] == "error"
    assert left["attempt"] == left["arguments"]["attempt"] == "5e1f0a2b"
    assert left["host"]["boot_id"] == BOOT_ID.read_text(encoding="ascii").strip()
    assert 0 < left["host"]["started_uptime_s"] <= left["host"]["finished_uptime_s"]
    assert left["error"]["type"] == "ModuleNotFoundError"
    assert left["error"]["message"].startswith("No module named 'tensorflow'; this is ")
    assert [check["name"] for check in left["checks"] if check["outcome"] == "passed"] == ["gpu_health"]
    assert {check["outcome"] for check in left["checks"]} == {"error", "skipped", "passed"}


def test_every_line_of_stdout_is_an_event_whatever_a_framework_prints(tmp_path: Path) -> None:
    stand_in(tmp_path, "import os\nprint('Downloading')\nos.write(1, b'from C++')\nraise ValueError('odd')")
    done = run(tmp_path, *SMOKE)
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == [
        "started",
        "check",
        "finished",
    ]
    assert "Downloading" in done.stderr
    assert "from C++" in done.stderr
    assert result(tmp_path)["error"] == {"type": "ValueError", "message": "odd"}


def test_a_job_that_runs_out_of_memory_says_what_it_wanted(tmp_path: Path) -> None:
    stand_in(tmp_path, "raise MemoryError('Unable to allocate 7.45 GiB')")
    done = run(tmp_path, "fashion_mnist", "--batch-size", "60000", "--result", "result.json")
    assert done.returncode == 2
    assert result(tmp_path)["error"] == {
        "type": "OutOfMemoryError",
        "message": "Unable to allocate 7.45 GiB; batch size 60000",
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_job_that_is_asked_to_end_leaves_a_result(tmp_path: Path, number: signal.Signals) -> None:
    stand_in(tmp_path, "import signal\nsignal.pause()")
    with subprocess.Popen(
        (*PYTHON, "-m", "workloads", *SMOKE),
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as job:
        assert job.stdout is not None
        assert json.loads(job.stdout.readline())["event"] == "started"
        job.send_signal(number)
        assert job.wait(timeout=10) == 2
    assert result(tmp_path)["error"] == {
        "type": "InterruptedBySignalError",
        "message": f"{number.name}: the job was asked to end",
    }


def test_an_older_result_never_outlives_the_start_of_a_job(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text("older", encoding="utf-8")
    stand_in(tmp_path, "import os\nos._exit(137)")
    assert run(tmp_path, *SMOKE).returncode == 137
    assert not (tmp_path / "result.json").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("train", "--result", "result.json"), "invalid choice: 'train'"),
        (("smoke",), "required: --result"),
        (("smoke", "--result", "nowhere/result.json"), "No such file or directory"),
        (("smoke", "--output", "/proc/version", "--result", "r"), "'/proc/version' is a file, and a folder"),
        (
            ("distributed", "--checkpoints", "/proc/version", "--result", "r"),
            "is a file, and a folder is wanted",
        ),
        (("smoke", "--result", "/"), "/ is no file, and would be replaced; give the path of one"),
        (
            ("cifar10", "--mirror", "http://me:secret@localhost/", "--result", "r"),
            "would be seen by everybody",
        ),
        (("cifar10", "--mirror", "http://localhost:x/", "--result", "r"), "it is no address: Port could not"),
        (("smoke", "--device", "tpu", "--result", "result.json"), "invalid choice: 'tpu'"),
        (("smoke", "--epochs", "3", "--result", "result.json"), "unrecognized arguments: --epochs"),
        (("fashion_mnist", "--batch-size", "60001", "--result", "r"), "from 1 to 60000"),
        (("fashion_mnist", "--epochs", "0", "--result", "r"), "from 1 to 1000"),
        (
            ("smoke", "--attempt", "../up", "--result", "r"),
            "not made of up to 64 letters, digits and hyphens",
        ),
        (("smoke", "--gpus", "0,1", "--result", "r"), "neither a number of GPUs, nor `all`, nor UUIDs"),
        (("smoke", "--gpus", "1", "--device", "cpu", "--result", "r"), "a job for the CPU takes none"),
        (("smoke", "--memory-fraction", "0", "--result", "r"), "not a number above 0, to 1"),
        (
            ("smoke", "--memory-fraction", "1", "--memory-limit-mib", "9", "--result", "r"),
            "not allowed with argument",
        ),
        (("fashion_mnist", "--min-accuracy", "85", "--result", "r"), "not a number from 0 to 1"),
        (("fashion_mnist", "--min-accuracy", "nan", "--result", "r"), "not a number from 0 to 1"),
        (
            ("otto", "--mirror", "https://example.org/otto.zip", "--result", "r"),
            "--mirror needs --data-sha256",
        ),
        (("otto", "--max-log-loss", "0", "--result", "r"), "'0' is not a number above 0"),
        (("keypoints", "--max-rmse", "nan", "--result", "r"), "'nan' is not a number above 0"),
        (("keypoints", "--data", "nowhere.zip", "--result", "r"), "'nowhere.zip' is not there"),
    ],
)
def test_wrong_usage_is_explained_before_anything_is_loaded(
    tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_device_in_the_place_of_the_result_is_left_as_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to(os.devnull)
    for name in ("pipe", "null"):
        done = run(tmp_path, "smoke", "--result", name)
        assert done.returncode == 2
        assert f"{name} is no file, and would be replaced" in done.stderr
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "null").is_char_device()


def test_why_a_job_broke_off_is_one_line_where_it_is_known(tmp_path: Path) -> None:
    stand_in(tmp_path, "from workloads.result import DataSetError\nraise DataSetError('there is no table')")
    assert run(tmp_path, *SMOKE).stderr == "smoke broke off: DataSetError: there is no table\n"


def test_why_a_job_broke_off_has_the_place_where_it_is_not_known(tmp_path: Path) -> None:
    stand_in(tmp_path, "raise ValueError('odd')")
    said = run(tmp_path, *SMOKE).stderr
    assert said.startswith("smoke broke off: ValueError: odd\nTraceback")
    assert "tensorflow.py" in said


def test_the_package_runs_from_the_archive_that_hosts_get_and_keeps_its_exit_code(tmp_path: Path) -> None:
    archive = tmp_path / PROGRAM
    archive.write_bytes(workloads_program())
    done = subprocess.run(
        (*PYTHON, str(archive), *SMOKE), cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert result(tmp_path)["workload"] == "smoke"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*PYTHON, "-m", "workloads", *arguments),
        cwd=folder,
        env=environment(folder),
        check=False,
        capture_output=True,
        text=True,
    )


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "200",
    }


def stand_in(folder: Path, text: str) -> None:
    """Put a file in the place of TensorFlow."""
    (folder / "tensorflow.py").write_text(text, encoding="utf-8")


def result(folder: Path) -> Any:
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))
