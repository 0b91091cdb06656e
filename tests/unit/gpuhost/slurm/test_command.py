"""What Slurm's scripts come to on a host whose `scontrol` and cards are played."""

import json
import os
from pathlib import Path

import pytest

from gpuhost.slurm import command, job, names
from gpuhost.slurm.place import Place, parsed, read
from gpuhost.telemetry import read as telemetry
from gpuhost.telemetry.snapshot import LOST, Snapshot
from tests.unit.gpuhost.slurm.samples import card, process, snapshot

PLACE = Place(name="one", cluster="lab", controller="ctl", is_compute=True, gpus=1)
WRITTEN = {
    "name": "one",
    "cluster": "lab",
    "controller": "ctl",
    "is_compute": True,
    "gpus": 1,
    "shared": [],
    "shared_folder": "",
    "hosts": {"one": "10.0.0.1"},
}


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What scontrol was told; it says that the host is idle."""
    log, program = tmp_path / "told", tmp_path / "scontrol"
    program.write_text(
        f'#!/bin/sh\ncase $* in *show*) echo "NodeName=one State=${{STATE:-IDLE}} $REASON";; *) echo "$*" >> {log};; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return log


def have(monkeypatch: pytest.MonkeyPatch, seen: Snapshot) -> None:
    monkeypatch.setattr(telemetry, "now", lambda: seen)
    monkeypatch.setattr(telemetry, "collected", lambda: seen)


def test_a_host_whose_card_failed_is_drained_and_comes_back(
    told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    have(monkeypatch, snapshot(card(0, state=LOST)))
    assert command.health(PLACE) == 0
    assert told.read_text() == "update nodename=one state=drain reason=orchestrate: GPU 0 is lost\n"
    told.unlink()
    have(monkeypatch, snapshot(card(0)))
    monkeypatch.setenv("STATE", "IDLE+DRAIN")
    monkeypatch.setenv("REASON", "Reason=orchestrate: GPU 0 is lost [root@2026-12-01T01:00:00]")
    assert command.health(PLACE) == 0
    assert told.read_text() == "update nodename=one state=resume\n"


def test_a_job_is_refused_a_card_that_failed(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, snapshot(card(0, state=LOST)))
    assert job.before(PLACE, {}) == 0
    assert job.before(PLACE, {job.CARDS: "0"}) == 1
    assert "reason=orchestrate: GPU 0 is lost" in told.read_text()


def test_what_is_left_and_does_not_end_drains_the_host(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # No process has the last number that the kernel could give, so nothing is killed.
    have(monkeypatch, snapshot(card(0, process(4194303, 1000))))
    monkeypatch.setattr(job, "_is_there", lambda _pid: True)
    monkeypatch.setattr(job, "DIES_S", 0.0)
    assert job.after(PLACE, {job.CARDS: "0", job.USER: "1001"}) == 0
    assert not told.exists()
    assert job.after(PLACE, {job.CARDS: "0", job.USER: "1000"}) == 0
    assert "process 4194303 of lab is left on GPU 0" in told.read_text()


def test_a_controller_that_does_not_answer_fails_no_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    have(monkeypatch, snapshot(card(0, state=LOST)))
    monkeypatch.setenv("PATH", str(tmp_path))
    file = tmp_path / "slurm.json"
    file.write_text(json.dumps(WRITTEN))
    monkeypatch.setattr(command, "read", lambda: read(file))
    monkeypatch.setenv(job.CARDS, "0")
    assert command.main(["prolog"]) == 0
    assert command.main(["health"]) == 0


def test_a_host_of_no_cluster_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "read", lambda: None)
    assert command.main(["health"]) == 2
    assert "apply role slurm" in capsys.readouterr().err


def test_its_place_is_what_the_role_wrote(tmp_path: Path) -> None:
    (tmp_path / "slurm.json").write_text(json.dumps(WRITTEN))
    assert read(tmp_path / "slurm.json") == parsed(WRITTEN)
    (tmp_path / "slurm.json").write_text("[]")
    assert read(tmp_path / "slurm.json") is None
    assert read(tmp_path / "none") is None


def test_names_come_first_and_go_again(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("127.0.0.1 localhost\n127.0.1.1 one\n")
    for address in ("10.0.0.2", "10.0.0.1"):
        assert names.write({"one": address, "two": "10.0.0.9"}, file) == 0
    assert file.read_text().splitlines()[1:3] == ["10.0.0.1 one", "10.0.0.9 two"]
    assert names.write({}, file) == 0
    assert file.read_text() == "127.0.0.1 localhost\n127.0.1.1 one\n"
