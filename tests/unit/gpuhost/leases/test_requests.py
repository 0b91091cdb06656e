"""What users ask the service for: who asks is the kernel's word, and what is asked is checked."""

import argparse
import json
import os
import pwd
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from gpuhost.leases.client import run
from gpuhost.leases.daemon import host, requests
from gpuhost.leases.daemon.jobs import WAITING
from gpuhost.leases.daemon.requests import Peer, RefusedError
from gpuhost.leases.daemon.scheduler import Scheduler
from tests.unit.gpuhost.leases.pretended import PretendedHost, scheduler

ME = Peer(uid=os.getuid(), gid=os.getgid(), user=pwd.getpwuid(os.getuid()).pw_name)
OTHER = Peer(uid=ME.uid + 4321, gid=1, user="ben")


@pytest.fixture(autouse=True)
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where jobs' folders are made."""
    monkeypatch.setattr(host, "folder", lambda number: tmp_path / str(number))
    return tmp_path


def asked(**changes: object) -> Mapping[str, object]:
    usual = {
        "argv": ["python", "a b.py"],
        "folder": "/home/x",
        "environment": {"KEY": "secret", "NOTIFY_SOCKET": "x"},
    }
    return usual | changes


def made() -> Scheduler:
    return scheduler(PretendedHost(), cards=2)


def test_a_job_is_on_record_and_its_order_is_its_users_alone(jobs: Path) -> None:
    there = made()
    job = requests.run(there, ME, asked())
    assert (job.state, job.user, job.command, job.gpus) == (WAITING, ME.user, "python 'a b.py'", 1)
    order = jobs / str(job.id) / "order.json"
    assert json.loads(order.read_text())["environment"] == {"KEY": "secret"}
    assert stat.S_IMODE(order.stat().st_mode) == 0o600
    assert stat.S_IMODE((jobs / str(job.id) / "output.log").stat().st_mode) == 0o600
    assert "secret" not in json.dumps(there.book.as_dict())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"argv": []}, "which command"),
        ({"gpus": 3}, "this host has 2 GPUs, and 3 were asked for"),
        ({"gpus": -1}, "is no number of GPUs"),
        ({"seconds": 10**9}, "is not within what a job may run here"),
        ({"fraction": 2}, "a fraction is from"),
        ({"fraction": 0.5, "gpus": 2}, "a fraction is from"),
        ({"fraction": 0.5, "kind": "1g.10gb"}, "a fraction is from"),
        ({"kind": "1g.10gb"}, "no slices 1g.10gb"),
        ({"starts_at": 1.0, "seconds": 60}, "that time is over"),
    ],
)
def test_what_cannot_be_had_is_refused_and_leaves_nothing(
    changes: dict[str, object], says: str, jobs: Path
) -> None:
    there = made()
    with pytest.raises(RefusedError, match=says):
        requests.run(there, ME, asked(**changes))
    assert there.book.jobs == ()
    assert list(jobs.iterdir()) == []


def test_one_may_end_ones_own_and_root_all() -> None:
    there = made()
    job = requests.run(there, ME, asked())
    with pytest.raises(RefusedError, match=f"only {ME.user} and root may end it"):
        requests.cancel(there, OTHER, job.id)
    requests.cancel(there, Peer(uid=0, gid=0, user="root"), job.id)
    with pytest.raises(RefusedError, match="has ended: canceled by root"):
        requests.cancel(there, ME, job.id)
    with pytest.raises(RefusedError, match="there is no job 99"):
        requests.cancel(there, ME, 99)


def test_a_reservation_is_kept_and_can_be_taken_back() -> None:
    there = made()
    kept = requests.reserve(there, ME, asked(starts_at=4e9, seconds=3600, argv=[]))
    assert [each.id for each in there.book.reservations] == [kept.id]
    with pytest.raises(RefusedError):
        requests.cancel(there, OTHER, kept.id)
    requests.cancel(there, ME, kept.id)
    assert not there.book.reservations
    with pytest.raises(RefusedError, match="needs GPUs and a time"):
        requests.reserve(there, ME, asked())


def test_a_user_that_is_none_is_refused() -> None:
    with pytest.raises(RefusedError, match="is no user"):
        requests.peer(2**31 - 7, 0)


def typed(*words: str) -> argparse.Namespace:
    return run._parser().parse_args(words)


def test_what_is_typed_is_what_is_asked_for() -> None:
    given = typed("--gpus", "2", "--time", "1h30m", "--", "python", "--gpus", "9")
    order = run.order(given, given.command[1:])
    assert (order["do"], order["gpus"], order["seconds"]) == ("run", 2, 5400.0)
    assert order["argv"] == ["python", "--gpus", "9"]
    assert typed("python", "a.py", "--gpus", "9").gpus == 1, "an option behind the command is the command's"


@pytest.mark.parametrize(
    ("words", "says"),
    [((), "which command"), (("--from", "14:00", "x"), "belong together"), (("--time", "4", "x"), "30m, 4h")],
)
def test_what_cannot_be_meant_is_refused(words: tuple[str, ...], says: str) -> None:
    given = typed(*words)
    with pytest.raises(ValueError, match=says):
        run.order(given, given.command)
