"""What all tests of a process share, and a test must leave as it found it. Changes nothing; it only looks.

Not seen: attributes that a test puts on modules and classes without `monkeypatch`, and files.
"""

import asyncio
import locale
import logging
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, fields
from typing import Any

SIGNALS = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGPIPE,
    signal.SIGALRM,
    signal.SIGTERM,
    signal.SIGCHLD,
    signal.SIGWINCH,
)
OF_OTHERS = ("MOTO_", "PYTEST_CURRENT_TEST")
"""Beginnings of variables that pytest sets for each test, and `orchestrator.rehearsal` once, before it imports moto."""
ENDING_S = 5.0
"""A thread that was told to end is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """By what a later test could be changed."""

    environment: dict[str, str]
    folder: str
    umask: int
    signals: dict[str, Any]
    signal_mask: set[int]
    event_loop: object
    import_path: tuple[str, ...]
    modules: dict[str, Any]
    """Modules may come; none is taken away or replaced."""
    logging: tuple[object, ...]
    locale: str
    time_zone: tuple[str, str]
    threads: frozenset[threading.Thread]
    """Those that keep a process from ending."""


def process_state() -> ProcessState:
    """What it is now."""
    umask = os.umask(0o022)
    os.umask(umask)
    return ProcessState(
        environment={name: value for name, value in os.environ.items() if not name.startswith(OF_OTHERS)},
        folder=_folder(),
        umask=umask,
        signals={each.name: signal.getsignal(each) for each in SIGNALS},
        signal_mask={int(each) for each in signal.pthread_sigmask(signal.SIG_BLOCK, ())},
        event_loop=asyncio._get_running_loop(),
        import_path=tuple(sys.path),
        modules=dict(sys.modules),
        logging=_logging(),
        locale=locale.setlocale(locale.LC_ALL),
        time_zone=time.tzname,
        threads=frozenset(each for each in threading.enumerate() if not each.daemon),
    )


def left_behind(before: ProcessState) -> list[str]:
    """What is not as it was, a line each."""
    for thread in threading.enumerate():
        if not thread.daemon and thread not in before.threads and thread is not threading.current_thread():
            thread.join(ENDING_S)
    now = process_state()
    return [
        line
        for field in fields(ProcessState)
        for line in _difference(field.name, getattr(before, field.name), getattr(now, field.name))
    ]


def _difference(name: str, before: Any, now: Any) -> list[str]:
    if name == "modules":
        return [
            f"modules: {module} is {'another' if module in now else 'gone'}"
            for module, was in before.items()
            if now.get(module) is not was
        ]
    if name == "threads":
        return [f"threads: {thread.name} still runs" for thread in now - before]
    if isinstance(before, dict):
        return [
            f"{name}: {key} was {before.get(key)!r} and is {now.get(key)!r}"
            for key in sorted(before.keys() | now.keys())
            if before.get(key) != now.get(key)
        ]
    return [] if before == now else [f"{name}: was {before!r} and is {now!r}"]


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - compared, not used
    except FileNotFoundError:
        return "a folder that is gone"


def _logging() -> tuple[object, ...]:
    """Of the root logger; what pytest itself hangs there is its own."""
    handlers = (each for each in logging.root.handlers if not type(each).__module__.startswith("_pytest"))
    return (logging.root.level, logging.root.manager.disable, *handlers)
