"""What Slurm's two programs and the timer do, with an EC2 and a Slurm that are played."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gpuhost.elastic import command
from gpuhost.elastic.command import Elastic, main
from gpuhost.elastic.runs import RunBook
from gpuhost.elastic.scontrol import parsed
from gpuhost.elastic.settings import CONFIG, read
from tests.unit.gpuhost.elastic.played import SETTINGS, PlayedEc2, PlayedSlurm


class Cluster:
    """One controller."""

    def __init__(self, folder: Path, **settings: float) -> None:
        self.ec2, self.slurm, self.book = PlayedEc2(), PlayedSlurm(), RunBook(folder)
        self.conf = folder / "elastic.conf"
        wanted = replace(SETTINGS, **settings)  # type: ignore[arg-type]
        self.call = Elastic(wanted, self.ec2, self.slurm, self.book, self.conf)  # type: ignore[arg-type]


def test_a_job_starts_its_host_and_idleness_stops_it_with_a_receipt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = Cluster(tmp_path)
    cluster.call.resume("t-2,t-3")
    assert cluster.ec2.calls == [("start", ("i-2", "i-3"))]
    cluster.call.suspend("t-2,t-4")
    assert cluster.ec2.calls[1:] == [("stop", ("i-2",))]
    mine = [run for run in cluster.book.read() if run.host == "t-2"]
    assert [(run.why, run.hours < 0.01) for run in mine] == [("idle for 10 minutes", True)]
    assert "t-2 (i-2) is stopped: idle for 10 minutes" in capsys.readouterr().err


def test_a_run_has_one_receipt(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.call.resume("t-2")
    cluster.call.suspend("t-2")
    cluster.call.suspend("t-2")
    cluster.call.check()
    assert sum(run.host == "t-2" for run in cluster.book.read()) == 1


def test_what_is_not_started_is_down_with_the_reason_and_off_again(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, max_hosts=2)
    cluster.call.resume("t-2,t-3")
    why = "waits: 1 hosts run, and cluster.max_hosts is 2"
    assert cluster.ec2.calls == [("start", ("i-2",))]
    assert ("t-3", "down", why) in cluster.slurm.told
    assert cluster.slurm.told.index(("t-3", "down", why)) < cluster.slurm.told.index(
        ("t-3", "power_down_force")
    )
    assert cluster.slurm.states["t-3"] == "IDLE+POWERED_DOWN+DRAIN"
    cluster.call.suspend("t-2")
    assert "DRAIN" not in cluster.slurm.states["t-3"]


def test_without_room_for_all_those_that_have_room_are_started(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.ec2.without_room = {"i-3"}
    cluster.call.resume("t-2,t-3")
    assert cluster.ec2.states == {"i-2": "running", "i-3": "stopped", "i-4": "stopped"}
    assert "InsufficientInstanceCapacity" in cluster.slurm.reasons["t-3"]
    cluster.call.check()
    assert "DRAIN" in cluster.slurm.states["t-3"]


def test_a_hold_keeps_hosts_running_until_it_ends_or_lapses(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, max_hosts=1)
    cluster.call.prepare()
    assert "SuspendTime=31536000" in cluster.conf.read_text(), "a new cluster is left alone for a while"
    cluster.ec2.states["i-2"] = "running"
    cluster.slurm.states["t-2"] = "IDLE"
    cluster.call.check()
    assert cluster.slurm.states["t-2"] == "IDLE"
    cluster.call.hold(0)
    assert "SuspendTime=600" in cluster.conf.read_text()
    assert cluster.slurm.states["t-2"] == "IDLE+POWERING_DOWN"
    cluster.call.hold(5)
    assert (cluster.slurm.rereads, "SuspendTime=31536000" in cluster.conf.read_text()) == (2, True)
    (tmp_path / "hold").write_text("1")
    cluster.call.check()
    assert "SuspendTime=600" in cluster.conf.read_text()
    cluster.call.prepare()
    assert "SuspendTime=600" in cluster.conf.read_text()


def test_receipts_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = Cluster(tmp_path)
    monkeypatch.setattr(command, "RunBook", lambda: cluster.book)
    assert main(["status"]) == 0
    assert capsys.readouterr().out == "no host has been stopped yet\n"
    cluster.call.resume("t-2")
    cluster.call.suspend("t-2")
    assert main(["status", "--json"]) == 0
    assert {run["host"] for run in json.loads(capsys.readouterr().out)["runs"]} == {"t-2", "t-3", "t-4"}


def test_without_its_file_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 1
    assert str(CONFIG) in capsys.readouterr().err


def test_settings_are_read_and_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "elastic.json"
    file.write_text("{}")
    with pytest.raises(ValueError, match="is not what role slurm writes"):
        read(file)
    given = {
        "region": "r",
        "always": 1,
        "max_hosts": 3,
        "idle_minutes": 5,
        "max_hours": 1,
        "max_cost_usd": 0,
        "hosts": {"t-2": {"instance": "i-2", "usd_per_hour": 0.5}},
    }
    file.write_text(json.dumps(given))
    assert read(file).by_name["t-2"].instance == "i-2"


def test_slurms_lines_are_understood() -> None:
    line = (
        "NodeName=t-2 Arch=x86_64 CoresPerSocket=1 State=IDLE+DRAIN+POWERED_DOWN ThreadsPerCore=1"
        " Reason=orchestrate: waits: 2 hosts run, and cluster.max_hosts is 2 [slurm@2026-12-01T01:55:40]"
    )
    known = parsed(line)
    assert known is not None
    assert known.flags == {"IDLE", "DRAIN", "POWERED_DOWN"}
    assert known.reason == "orchestrate: waits: 2 hosts run, and cluster.max_hosts is 2"
    assert (known.held, known.off, known.idle) == (True, True, False)
    assert parsed("nothing") is None
