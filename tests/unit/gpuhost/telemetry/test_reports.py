"""Where reported faults come from: the kernel's log, the journal, the driver's events."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gpuhost.telemetry.advice.advisor import Fault
from gpuhost.telemetry.collect.reports import JOURNAL_EVERY_S, LOG, NOBODY, Reports
from orchestrator.waiting import NotYet, wait_for
from tests.nvml.library import STATE_VARIABLE, state
from tests.unit.gpuhost.telemetry.stand_in import ROOT, l40s

LINE = "NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus."
HEARD = """
import json, os, sys
from pathlib import Path
from gpuhost.telemetry.advice.advisor import Advisor
from gpuhost.telemetry.collect.collector import Collector
from gpuhost.telemetry.collect.reports import Reports
from gpuhost.telemetry.observer import Observer
observer = Observer(Collector(), Reports("/nonexistent", ()), Advisor())
for number, state in enumerate(sys.argv[1:]):
    Path(os.environ["NVML_STAND_IN"]).unlink(missing_ok=True)
    Path(os.environ["NVML_STAND_IN"]).write_text(state)
    print(json.dumps(observer.observe(1000.0 + number).as_dict()))
"""


def test_the_kernels_log_is_read_from_its_beginning_and_then_what_is_new(tmp_path: Path) -> None:
    log = tmp_path / "kmsg"
    os.mkfifo(log)
    reader = Reports(str(log), ())
    now = time.time()
    with log.open("wb", buffering=0) as kernel:
        kernel.write(f"3,1,1000000,-;{LINE}\n".encode())
        (fault,) = reader.new(None, 0, now)
        assert reader.new(None, 0, now) == []
    assert (fault.kind, fault.number, fault.address, reader.source) == ("Xid", 79, "0000:3b:00", LOG)
    assert fault.at == pytest.approx(now - time.monotonic() + 1.0, abs=1.0)


def test_the_journal_is_asked_now_and_then_and_tells_each_fault_once(tmp_path: Path) -> None:
    lines = tmp_path / "journal"
    told = {"MESSAGE": LINE, "_SOURCE_MONOTONIC_TIMESTAMP": "1000000"}
    lines.write_text(json.dumps(told) + "\n")
    reader = Reports(str(tmp_path), ("cat", str(lines)), waits=True)
    now = time.time()
    assert [fault.number for fault in reader.new(None, 0, now)] == [79]
    with lines.open("a") as more:
        more.write(json.dumps({**told, "_SOURCE_MONOTONIC_TIMESTAMP": "2000000"}) + "\n")
    assert reader.new(None, 0, now + 1) == []
    assert [fault.number for fault in reader.new(None, 0, now + JOURNAL_EVERY_S)] == [79]
    assert reader.source == LOG


def test_a_journal_that_takes_long_holds_nobody_up(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    reader = Reports(str(tmp_path), ("cat", str(gate)))
    now = time.time()
    assert reader.new(None, 0, now) == []
    assert reader.source == NOBODY, "nothing is known yet"
    told = {"MESSAGE": LINE, "_SOURCE_MONOTONIC_TIMESTAMP": "1000000"}
    gate.write_text(json.dumps(told) + "\n")
    found = wait_for("its answer", lambda: reader.new(None, 0, now) or NotYet("none"), timeout_s=30)
    assert ([fault.number for fault in found], reader.source) == ([79], LOG)


def test_where_nothing_may_be_read_nothing_is_known(tmp_path: Path) -> None:
    reader = Reports(str(tmp_path), ("false",), waits=True)
    assert reader.new(None, 0, time.time()) == []
    assert reader.source == NOBODY


def test_the_drivers_events_are_heard_and_advised_on_until_the_card_is_reset(
    library: Path, tmp_path: Path
) -> None:
    sound = state(l40s())
    states = (sound, state(l40s(0, "xid 95")), state(l40s(0, "xid 95", "energy 5")))
    done = subprocess.run(
        (sys.executable, "-c", HEARD, *states),
        cwd=ROOT,
        env={**os.environ, "LD_LIBRARY_PATH": str(library.parent), STATE_VARIABLE: str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    before, broken, reset = (json.loads(line) for line in done.stdout.splitlines())
    assert (before["xids"], before["advice"]) == ([], [])
    assert [(each["number"], each["address"]) for each in broken["xids"]] == [(95, "0000:01:00")]
    assert [(each["about"], each["fault"]) for each in broken["advice"]] == [("GPU-0", "xid-95")]
    assert (len(reset["xids"]), reset["advice"]) == (1, [])


def test_a_fault_is_reported_as_a_snapshot_has_it() -> None:
    told = Fault("SXid", 20034, "0000:cd:00", 1.23456, "a line").as_reported()
    assert (told.number, told.switch, told.at, told.text) == (20034, True, 1.235, "a line")
