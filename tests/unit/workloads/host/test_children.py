"""Programs that are started for a job: they end with it, and with all that they started themselves."""

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workloads.host.children import itself, running

ROOT = Path(__file__).resolve().parents[4]
FAMILY = """
import os, sys, time
fifo = os.open(sys.argv[1], os.O_WRONLY)
os.set_inheritable(fifo, True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(fifo, b"g")
        time.sleep(600)
    time.sleep(600)
os.write(fifo, b"c")
time.sleep(600)
"""
"""A program with a child and a grandchild that left its group; each holds the FIFO open while it lives."""
PARENT = """
import os, sys
from workloads.host.children import running
with running(sys.argv[1:]) as process:
    process.wait()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_all_of_a_family_ends_with_the_process_that_started_it(
    tmp_path: Path, number: signal.Signals
) -> None:
    with life(tmp_path) as fifo:
        parent = subprocess.Popen((sys.executable, "-c", PARENT, *family(tmp_path)), cwd=ROOT)
        try:
            assert begun(fifo) == {"c", "g"}
        finally:
            parent.send_signal(number)
            parent.wait(30)
        assert ended(fifo)


def test_all_of_a_family_ends_when_its_block_is_left(tmp_path: Path) -> None:
    with life(tmp_path) as fifo:
        with running(family(tmp_path)):
            assert begun(fifo) == {"c", "g"}
        assert ended(fifo)


def test_what_a_program_leaves_ends_with_it(tmp_path: Path) -> None:
    leaving = FAMILY.replace("import os", "import os, signal", 1).rpartition("time.sleep")[0] + "os._exit(7)"
    with life(tmp_path) as fifo, running((sys.executable, "-c", leaving, str(tmp_path / "fifo"))) as process:
        assert process.wait() == 7
        assert ended(fifo)


def test_a_program_ends_with_its_own_status_and_words() -> None:
    code = "import os, sys; print(os.environ['WORD'], sys.stdin.read()); sys.exit(3)"
    argv = (sys.executable, "-c", code)
    with running(argv, environ={"WORD": "here"}, stdout=subprocess.PIPE) as process:
        out, _ = process.communicate()
    assert (out, process.returncode) == (b"here \n", 3)


def test_a_program_gets_the_open_files_that_it_is_passed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("word", encoding="ascii")
    with (tmp_path / "file").open("rb") as file:
        code = f"print(open('/proc/self/fd/{file.fileno()}').read(), end='')"
        (tmp_path / "file").unlink()
        argv = (sys.executable, "-c", code)
        with running(argv, stdout=subprocess.PIPE, pass_fds=(file.fileno(),)) as process:
            out, _ = process.communicate()
    assert (out, process.returncode) == (b"word", 0)


def test_a_program_that_a_signal_ends_says_so() -> None:
    with running((sys.executable, "-c", "import os; os.kill(os.getpid(), 11)")) as process:
        assert process.wait() == -signal.SIGSEGV


def test_a_program_that_is_not_there_ends_as_in_a_shell() -> None:
    with running(("/nowhere/program",), stderr=subprocess.PIPE) as process:
        _, err = process.communicate()
    assert (err, process.returncode) == (
        b"/nowhere/program cannot be started: [Errno 2] No such file or directory\n",
        127,
    )


def test_no_thread_but_the_main_one_starts_a_program() -> None:
    caught: list[BaseException] = []

    def start() -> None:
        try:
            with running((sys.executable, "-c", "")):
                pass
        except RuntimeError as cause:
            caught.append(cause)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert [str(cause) for cause in caught] == [
        "a program is started by the main thread: it would end with another"
    ]


def test_workloads_runs_itself_from_any_folder_and_past_what_lies_there(tmp_path: Path) -> None:
    (tmp_path / "workloads.py").write_text("raise SystemExit('another')", encoding="utf-8")
    done = subprocess.run(
        itself("--help"), cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Prove that this environment computes" in done.stdout


def family(folder: Path) -> tuple[str, ...]:
    return (sys.executable, "-c", FAMILY, str(folder / "fifo"))


@contextmanager
def life(folder: Path) -> Iterator[int]:
    """The reading end of a FIFO that has an end as soon as nobody holds its other end."""
    os.mkfifo(folder / "fifo")
    fifo = os.open(folder / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield fifo
    finally:
        os.close(fifo)


def begun(fifo: int) -> set[str]:
    seen: set[str] = set()
    while len(seen) < 2:
        assert select.select([fifo], [], [], 60)[0], f"only {seen} after a minute"
        seen |= set(os.read(fifo, 16).decode())
    return seen


def ended(fifo: int) -> bool:
    """Every holder is gone, within a minute."""
    while select.select([fifo], [], [], 60)[0]:
        if not os.read(fifo, 16):
            return True
    return False
