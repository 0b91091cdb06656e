"""Processes that are forked from one which has imported the whole of `orchestrate`: its imports take longer than most commands.

That one is started when it is first needed, and ends with the tests.
"""

import multiprocessing
import os
import pkgutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from tempfile import TemporaryDirectory

import orchestrator

LIBRARIES = ("boto3", "tests.e2e.aws.operator")
LAST = "tests.imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is typed, where, and what the environment is."""

    words: tuple[str, ...]
    home: Path
    environment: Mapping[str, str]


def context() -> ForkServerContext:
    """Of `multiprocessing`: its processes begin with everything imported."""
    made = multiprocessing.get_context("forkserver")
    modules = pkgutil.walk_packages(orchestrator.__path__, "orchestrator.")
    names = (module.name for module in modules if not module.name.endswith("__main__"))
    made.set_forkserver_preload([*names, *LIBRARIES, LAST])
    return made


def run(command: Command, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """What `orchestrate` prints and how it ends, in a process with streams of its own and nothing to read."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = context().Process(target=_main, args=(command, out, err))
        process.start()
        process.join(timeout_s)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(command.words, timeout_s)
        return subprocess.CompletedProcess(
            command.words, process.exitcode, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        )


def _main(command: Command, out: Path, err: Path) -> None:
    os.chdir(command.home)
    os.environ.clear()
    os.environ.update(command.environment)
    time.tzset()
    for number, path in enumerate((Path(os.devnull), out, err)):
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["orchestrate", *command.words]

    from orchestrator.cli import main

    main()
