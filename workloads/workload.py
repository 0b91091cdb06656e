"""What a workload is to the command line, and to the program that runs it. Runs nothing."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from workloads.progress import Record
from workloads.result import Arguments

Asked = TypeVar("Asked", bound=Arguments)

Common: TypeAlias = dict[str, Any]
"""The fields of `Arguments`, as keywords."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where a job finds its data, and where what it makes goes."""

    home: Path
    """Keras' folder of the user, usually ~/.keras, with `datasets` in it."""
    output: Path
    """For pictures, models, tables. Not there before a workload makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload(Generic[Asked]):
    """One job that a host can be asked to do."""

    name: str
    about: str
    """One line, for `--help`."""
    checks: tuple[str, ...]
    """Those that every run owes, in the order in which they are made; `memory_limit` comes on top where a limit is asked for."""
    backends: tuple[str, ...]
    """What it runs on below Keras: the first is the default."""
    add_options: Callable[[argparse.ArgumentParser], None]
    """Adds those of its own."""
    arguments: Callable[[argparse.Namespace, Common], Asked]
    """What was asked, from all options and the fields that every workload has. Raises argparse.ArgumentTypeError for options
    that do not go together, which is wrong usage.
    """
    cpu_devices: int = 1
    """As how many devices it wants the CPU shown. JAX has to be told before it is imported; what the others need the job does."""
    of_each_task: tuple[str, ...] = ()
    """Checks that every task of a Slurm step owes, where the workload runs as several; the first task owes `checks`. Empty: it runs as
    one process, and another task of a step would do the same again.
    """
    run: Callable[[Record, Asked, Folders], None]
    """Does it, and puts what it finds into the record. Lets every error through."""
