"""What a test leaves changed in its process is named; what it puts back is not."""

import asyncio
import locale
import logging
import os
import signal
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.process_state import left_behind, process_state


@contextmanager
def variable() -> Iterator[None]:
    os.environ["LEFT"] = "1"
    yield
    del os.environ["LEFT"]


@contextmanager
def folder() -> Iterator[None]:
    before = Path.cwd()
    os.chdir("/")
    yield
    os.chdir(before)


@contextmanager
def umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@contextmanager
def handler() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


@contextmanager
def blocked_signal() -> Iterator[None]:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    yield
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR2})


@contextmanager
def event_loop() -> Iterator[None]:
    loop = asyncio.new_event_loop()
    asyncio._set_running_loop(loop)
    yield
    asyncio._set_running_loop(None)
    loop.close()


@contextmanager
def import_path() -> Iterator[None]:
    sys.path.append("/nowhere")
    yield
    sys.path.remove("/nowhere")


@contextmanager
def replaced_module() -> Iterator[None]:
    before = sys.modules["locale"]
    sys.modules["locale"] = types.ModuleType("locale")
    yield
    sys.modules["locale"] = before


@contextmanager
def log_level() -> Iterator[None]:
    before = logging.root.level
    logging.root.setLevel(before + 1)
    yield
    logging.root.setLevel(before)


@contextmanager
def language() -> Iterator[None]:
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_TIME, "C.UTF-8" if locale.setlocale(locale.LC_TIME) == "C" else "C")
    yield
    locale.setlocale(locale.LC_ALL, before)


@contextmanager
def time_zone() -> Iterator[None]:
    os.environ["TZ"] = "XYZ5"
    time.tzset()
    del os.environ["TZ"]
    yield
    time.tzset()


@contextmanager
def thread() -> Iterator[None]:
    end = threading.Event()
    running = threading.Thread(target=end.wait, name="left-running")
    running.start()
    yield
    end.set()
    running.join()


@pytest.mark.parametrize(
    ("leak", "said"),
    [
        (variable, "environment: LEFT was None and is '1'"),
        (folder, "folder: was "),
        (umask, "umask: was "),
        (handler, "signals: SIGTERM was "),
        (blocked_signal, "signal_mask: was "),
        (event_loop, "event_loop: was None and is "),
        (import_path, "import_path: was "),
        (replaced_module, "modules: locale is another"),
        (log_level, "logging: was "),
        (language, "locale: was "),
        (time_zone, "time_zone: was "),
        (thread, "threads: left-running still runs"),
    ],
)
def test_what_is_left_changed_is_named_until_it_is_put_back(
    leak: Callable[[], AbstractContextManager[None]], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.process_state.ENDING_S", 0.0)
    before = process_state()
    with leak():
        (line,) = left_behind(before)
        assert line.startswith(said)
    assert left_behind(before) == []


def test_a_module_that_came_is_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    before = process_state()
    monkeypatch.setitem(sys.modules, "came_just_now", types.ModuleType("came_just_now"))
    assert left_behind(before) == []
