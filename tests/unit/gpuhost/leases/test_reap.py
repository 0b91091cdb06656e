"""What holds a card's memory for nothing: judged as data, and tried with real processes that end, or do not want to."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gpuhost.leases import reap
from gpuhost.leases.reaping import ending, processes
from gpuhost.leases.reaping.judgement import (
    DEAD,
    IN_USE,
    ORPHAN,
    STUCK,
    UNSEEN,
    WORKING,
    ZOMBIE,
    Held,
    Seen,
    judged,
)
from gpuhost.telemetry.snapshot import Snapshot
from tests.unit.gpuhost.leases.test_devices import card, process, snapshot

HELD = (Held(label="GPU 0", pid=7, memory_bytes=2**30, utilization_percent=0, alone=True),)
LEFT = Seen(
    pid=7,
    started=100,
    uid=1001,
    user="anna",
    command="python train.py",
    state="S",
    was_stuck=False,
    cpu_percent=0.0,
    parent=1,
    parent_command="systemd",
    reasons=("what started it is gone",),
)


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (None, DEAD),
        (replace(LEFT, state="Z"), ZOMBIE),
        (replace(LEFT, was_stuck=True), STUCK),
        (replace(LEFT, reasons=()), IN_USE),
        (replace(LEFT, cpu_percent=50.0), WORKING),
        (LEFT, ORPHAN),
    ],
)
def test_only_who_nobody_waits_for_and_does_nothing_may_be_ended(seen: Seen | None, kind: str) -> None:
    found = judged(7, HELD, seen, local=True)
    assert found.kind == kind
    assert found.explanation
    assert found.may_be_ended is (kind == ORPHAN)


def test_who_is_alone_on_a_card_that_computes_works() -> None:
    busy = (replace(HELD[0], utilization_percent=90),)
    assert judged(7, busy, LEFT, local=True).kind == WORKING
    beside = (replace(busy[0], alone=False),)
    assert judged(7, beside, LEFT, local=True).kind == ORPHAN, "the card may compute for the other"


def test_in_a_container_the_drivers_process_ids_may_be_somebody_elses() -> None:
    assert judged(7, HELD, None, local=False).kind == UNSEEN


def proc(root: Path, pid: int, **changes: str) -> None:
    """A process as /proc tells it."""
    told = {
        "state": "S",
        "parent": "1",
        "started": "100",
        "cgroup": "0::/user.slice/session-3.scope",
        "environ": "",
    }
    told |= changes
    folder = root / f"proc/{pid}"
    folder.mkdir(parents=True, exist_ok=True)
    fields = [told["state"], told["parent"], *["0"] * 9, "5", "5", *["0"] * 6, told["started"]]
    (folder / "stat").write_text(f"{pid} (a ) b) {' '.join(fields)}\n")
    (folder / "cgroup").write_text(told["cgroup"] + "\n")
    (folder / "environ").write_text(told["environ"])
    (folder / "cmdline").write_text("python\0train.py\0")
    (folder / "comm").write_text("python\n")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(processes, "LOOKS_APART_S", 0.0)
    sessions = tmp_path / "run/systemd/sessions"
    sessions.mkdir(parents=True)
    (sessions / "3").write_text("STATE=active\n")
    (sessions / "4").write_text("STATE=closing\n")
    proc(tmp_path, 50)
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"parent": "50"}, ()),
        ({"parent": "1"}, ("what started it is gone",)),
        ({"parent": "0"}, ()),
        ({"parent": "50", "cgroup": "0::/user.slice/session-4.scope"}, ("the login that it is of is over",)),
        ({"parent": "50", "cgroup": "0::/user.slice/session-9.scope"}, ("the login that it is of is over",)),
        ({"cgroup": "0::/system.slice/jupyterhub.service"}, ()),
        ({"parent": "50", "environ": "A=1\0ORCHESTRATE_JOB_ID=12\0"}, ("the lease of its job 12 has ended",)),
        ({"parent": "50", "environ": "ORCHESTRATE_JOB_ID=13\0"}, ()),
    ],
)
def test_who_waits_for_a_process_is_told_by_parent_login_and_lease(
    root: Path, changes: dict[str, str], reasons: tuple[str, ...]
) -> None:
    proc(root, 7, **changes)
    found = processes.seen((7,), {12: "ended", 13: "running"}, root)
    assert found[7].reasons == reasons


def test_a_process_that_came_in_place_of_another_is_not_it(root: Path) -> None:
    assert processes.seen((8,), {}, root) == {}


def test_findings_are_of_what_still_holds_memory() -> None:
    there = snapshot(card(processes=(process(pid=os.getpid()), process(pid=2**22 + 1))))
    found = reap.findings(there, lambda: there)
    assert [each.kind for each in found if each.pid == os.getpid()] == [IN_USE]
    assert reap.findings(there, lambda: Snapshot(taken_at=1.0, host="", state="ok")) == []


def test_memory_that_no_process_holds_is_told() -> None:
    (line,) = reap.unexplained(snapshot(card(memory_used_bytes=4 * 2**30, memory_reserved_bytes=2**28)))
    assert line.startswith("GPU 0: 3.8 GiB are held by no process")
    assert reap.unexplained(snapshot(card(memory_used_bytes=2**28))) == []


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    code = "import signal, sys\nif len(sys.argv) > 1: signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(flush=True)\nsignal.pause()"
    started = subprocess.Popen((sys.executable, "-c", code, "stubborn"), stdout=subprocess.PIPE)
    assert started.stdout
    started.stdout.readline()
    yield started
    started.kill()
    started.wait(10)
    started.stdout.close()


def test_a_process_that_does_not_heed_is_killed(child: subprocess.Popen[bytes]) -> None:
    now = processes.stat(Path("/"), child.pid)
    assert now is not None
    assert ending.end(child.pid, now.started, patience_s=0.2) == "killed"
    assert child.wait(10) == -signal.SIGKILL


def test_another_process_of_the_same_number_is_left_alone(child: subprocess.Popen[bytes]) -> None:
    now = processes.stat(Path("/"), child.pid)
    assert now is not None
    assert ending.end(child.pid, now.started + 1) == "it had ended already"
    assert child.poll() is None
