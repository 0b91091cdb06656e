"""Whoever asks gets the daemon's snapshot while it is fresh, and otherwise one that is collected for them."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gpuhost.telemetry import read
from gpuhost.telemetry.snapshot import HUNG, OK, Advice, Card, Snapshot, Xid, from_dict
from tests.nvml.library import STATE_VARIABLE, state
from tests.unit.gpuhost.telemetry.stand_in import ROOT, l40s, say

CARD = Card(index=0, uuid="GPU-0", name="NVIDIA L40S", address="0000:01:00.0", throttle_reasons=())
SNAPSHOT = Snapshot(taken_at=1000.0, host="ada", state=OK, cards=(CARD,))


def test_a_snapshot_is_the_same_after_its_way_through_json() -> None:
    whole = replace(
        SNAPSHOT,
        xids=(Xid(number=79, address="0000:01:00", at=None, text="fell off"),),
        advice=(Advice("GPU-0", "xid-79", "problem", "seen", "do", 5.0),),
    )
    assert from_dict(json.loads(json.dumps(whole.as_dict()))) == whole


def test_fields_of_a_newer_program_are_passed_over() -> None:
    told = SNAPSHOT.as_dict()
    told["colour"], told["cards"][0]["smell"] = "green", "burnt"
    assert from_dict(told) == SNAPSHOT


@pytest.mark.parametrize(
    "told", ["", "[]", "{}", '{"schema": 0}', '{"schema": 1}', "null", '{"schema": 1, "cards": 5}']
)
def test_what_is_no_snapshot_is_none(tmp_path: Path, told: str) -> None:
    (tmp_path / "snapshot.json").write_text(told)
    assert read.latest(tmp_path / "snapshot.json") is None


def test_the_daemons_snapshot_is_taken_while_it_is_fresh(tmp_path: Path) -> None:
    file = tmp_path / "snapshot.json"
    fresh = replace(SNAPSHOT, taken_at=time.time())
    file.write_text(json.dumps(fresh.as_dict()))
    assert read.latest(file) == fresh
    assert read.now(file) == fresh
    file.write_text(json.dumps(replace(SNAPSHOT, taken_at=time.time() - 4).as_dict()))
    assert read.latest(file) is None
    assert read.latest(tmp_path / "not there") is None


def test_without_a_daemon_the_cards_are_asked(library: Path, tmp_path: Path) -> None:
    say(tmp_path / "state", state(l40s()))
    told = json.loads(gpus(library, tmp_path, "--json").stdout)
    assert [card["uuid"] for card in told["cards"]] == ["GPU-0"]


def test_a_driver_that_hangs_is_a_snapshot_that_says_so(library: Path, tmp_path: Path) -> None:
    say(tmp_path / "state", f"{state(l40s())}init hang 1\n")
    code = "import sys; from gpuhost.telemetry import read; sys.stdout.write(read.collected(1.0).state)"
    assert ran(library, tmp_path, "-c", code).stdout == HUNG


def test_while_one_collection_hangs_no_other_is_begun(library: Path, tmp_path: Path) -> None:
    say(tmp_path / "state", f"{state(l40s())}init hang 1\n")
    code = (
        "import sys, time; from gpuhost.telemetry import read; asked = read.Collections(); asked.collected(1.0)\n"
        "asked._waiting = type('Stuck', (), {'poll': lambda self: None})()\n"
        "began = time.monotonic(); found = asked.collected(30.0)\n"
        "sys.stdout.write(f'{found.state} {time.monotonic() - began < 1}')"
    )
    assert ran(library, tmp_path, "-c", code).stdout == f"{HUNG} True"


def test_people_get_lines_where_there_is_no_terminal(library: Path, tmp_path: Path) -> None:
    say(tmp_path / "state", state(l40s()))
    told = gpus(library, tmp_path).stdout
    assert "\x1b" not in told
    assert "0  NVIDIA L40S  0000:01:00.0" in told
    assert "MEM 25 %   11.4 GiB of 45.0 GiB" in told


def gpus(library: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return ran(library, folder, "-m", "gpuhost", "gpus", *words)


def ran(library: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        (sys.executable, *words),
        cwd=ROOT,
        env={**os.environ, "LD_LIBRARY_PATH": str(library.parent), STATE_VARIABLE: str(folder / "state")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done
