"""The service: it writes each second, says when the driver hangs, and goes on when it answers again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.action.gpuhost import packed

from gpuhost.telemetry import read
from gpuhost.telemetry.daemon.bytecode import compiled
from gpuhost.telemetry.daemon.worker import Worker
from gpuhost.telemetry.hang import hung
from gpuhost.telemetry.snapshot import HUNG, NO_CARD, OK, UNREADABLE, Snapshot
from gpuhost.telemetry.usage.account import uses
from orchestrator.waiting import NotYet, wait_for
from tests.nvml.library import STATE_VARIABLE, state
from tests.unit.gpuhost.telemetry.stand_in import l40s, say

RUN = """
import sys; sys.path.insert(0, sys.argv[1])
from pathlib import Path
from gpuhost.telemetry.daemon.loop import Places, watch
sys.exit(watch(24, Places(Path(sys.argv[2]), Path(sys.argv[3]))))
"""


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("run", "lib"):
        (tmp_path / name).mkdir()
    return tmp_path / "run", tmp_path / "lib"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The byte code that the service runs, where nothing else of this project is."""
    folder = tmp_path_factory.mktemp("program")
    (folder / "gpuhost").write_bytes(packed())
    (folder / "cache").mkdir()
    return compiled(folder / "gpuhost", folder / "cache")


@contextmanager
def daemon(
    program: Path, library: Path, folder: Path, places: tuple[Path, Path]
) -> Iterator["subprocess.Popen[bytes]"]:
    argv = (sys.executable, "-ESsB", "-c", RUN, str(program), *map(str, places))
    environ = {**os.environ, "LD_LIBRARY_PATH": str(library.parent), STATE_VARIABLE: str(folder / "state")}
    with subprocess.Popen(argv, env=environ, cwd="/") as process:
        try:
            yield process
        finally:
            process.kill()


def told(run: Path, wanted: str) -> Snapshot:
    """The first snapshot in this state, written from now on."""
    since = time.time()

    def look() -> Snapshot | NotYet:
        found = read.last(run / "snapshot.json")
        return found if found and found.state == wanted and found.taken_at > since else NotYet(str(found))

    return wait_for(f"a snapshot that says {wanted}", look, timeout_s=30, interval_s=0.1)


def test_it_writes_each_second_and_keeps_an_account_when_it_is_stopped(
    program: Path, library: Path, tmp_path: Path, places: tuple[Path, Path]
) -> None:
    say(tmp_path / "state", state(l40s(0, f"compute {os.getpid()}"), l40s(1)))
    with daemon(program, library, tmp_path, places) as process:
        first = told(places[0], OK)
        second = told(places[0], OK)
        assert 0.5 < second.taken_at - first.taken_at < 5
        assert [card.uuid for card in second.cards] == ["GPU-0", "GPU-1"]
        assert Path(f"/proc/{process.pid}/comm").read_text() == "gpuhost\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert (places[0] / "snapshot.json").stat().st_mode & 0o777 == 0o644
    months = {path.stem for path in (places[1] / "usage").iterdir()}
    (month,) = months
    held = {(use.card, bool(use.user)): use.held_s for use in uses(places[1] / "usage", month)}
    assert held["GPU-0", True] > 0
    assert held["GPU-1", False] == 0


def test_a_driver_that_hangs_is_told_and_is_forgotten_when_it_answers(
    program: Path, library: Path, tmp_path: Path, places: tuple[Path, Path]
) -> None:
    sound = state(l40s())
    say(tmp_path / "state", sound)
    with daemon(program, library, tmp_path, places):
        told(places[0], OK)
        say(tmp_path / "state", f"{sound}init hang 1\n")
        stuck = told(places[0], HUNG)
        assert [(card.uuid, card.state, card.temperature_c) for card in stuck.cards] == [
            ("GPU-0", UNREADABLE, None)
        ]
        assert [each.fault for each in stuck.advice] == ["hung"]
        say(tmp_path / "state", sound)
        again = told(places[0], OK)
    assert (again.cards[0].temperature_c, again.advice) == (61, ())


def test_it_runs_from_byte_code_that_is_made_once(
    library: Path, tmp_path: Path, places: tuple[Path, Path]
) -> None:
    archive, cache = tmp_path / "gpuhost", tmp_path / "cache"
    cache.mkdir()
    (cache / "of an older program").mkdir()
    archive.write_bytes(packed())
    folder = compiled(archive, cache)
    made = folder.stat().st_ino
    assert [path.name for path in cache.iterdir()] == [folder.name]
    assert compiled(archive, cache).stat().st_ino == made
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} == {".pyc"}
    say(tmp_path / "state", state(l40s()))
    with daemon(folder, library, tmp_path, places):
        assert [card.uuid for card in told(places[0], OK).cards] == ["GPU-0"]


def test_a_host_without_a_card_has_a_fresh_snapshot_all_the_same(
    program: Path, tmp_path: Path, places: tuple[Path, Path]
) -> None:
    (tmp_path / "nothing").mkdir()
    with daemon(program, tmp_path / "nothing/libnvidia-ml.so.1", tmp_path, places):
        first, second = told(places[0], NO_CARD), told(places[0], NO_CARD)
    assert second.taken_at - first.taken_at < 5


def test_a_worker_is_asked_once_while_it_does_not_answer() -> None:
    asked: list[float] = []

    def observe(at: float) -> Snapshot:
        asked.append(at)
        os.read(gate, 1)
        return Snapshot(taken_at=at, host="lab-1", state=OK)

    gate, opener = os.pipe()
    worker = Worker(observe)
    assert worker.look(1.0, 0.01) is None
    assert worker.look(2.0, 0.01) is None
    assert worker.waits_s > 0
    assert worker.can_be_ended()
    os.write(opener, b"..")
    found = worker.look(3.0, 10.0)
    assert (found and found.taken_at, asked, worker.waits_s) == (1.0, [1.0], 0.0)
    assert worker.look(4.0, 10.0) is not None
    os.close(opener)


def test_a_fault_of_the_program_itself_ends_it() -> None:
    def observe(at: float) -> Snapshot:
        raise LookupError(str(at))

    with pytest.raises(LookupError, match="5"):
        Worker(observe).look(5.0, 10.0)


def test_a_hang_keeps_the_time_at_which_it_began() -> None:
    last = Snapshot(taken_at=100.0, host="lab-1", state=OK, driver="580.95.05")
    first = hung(103.0, 3.0, last)
    second = hung(104.0, 4.0, first)
    assert [each.since for each in (*first.advice, *second.advice)] == [100.0, 100.0]
    assert (second.state, second.driver) == (HUNG, "580.95.05")
    assert replace(hung(9.0, 9.0, None), host="").state == HUNG
