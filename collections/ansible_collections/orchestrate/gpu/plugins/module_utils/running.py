"""What the modules of this collection have in common: one run at a time on a host, and how they answer. Changes nothing itself."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

LOCKS = Path("/run")
"""Where locks are: a restart of the host ends all runs, and all locks with them."""

LOCK_TIMEOUT_S = 1800.0
"""The longest that a run waits for another, which may be downloading gigabytes."""
_PAUSE_S = 0.2


class HostError(Exception):
    """Ends a module with a cause and a next step, one line each, and the whole output of the program that failed."""

    def __init__(self, cause: str, hint: str, output: str = "") -> None:
        super().__init__(f"{cause}\n  try: {hint}")
        self.output = output


class RefusedError(HostError):
    """Something stands against what is wanted. The text says what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "")
        self._text = text

    def __str__(self) -> str:
        return self._text


@dataclass
class Answer:
    """What was done, or in check mode would be."""

    done: list[str] = field(default_factory=list)
    """A line each."""
    diff: list[dict[str, str]] = field(default_factory=list)
    """Files or the like, before and after. Without any, what was done is shown."""
    more: dict[str, Any] = field(default_factory=dict)
    """Further return values."""
    write: bool = True
    """Whether steps are taken; in check mode they are said alone."""

    def do(self, said: str, action: Callable[..., object], *arguments: object) -> None:
        """Say a step, and take it."""
        self.done.append(said)
        self.diff.append({"prepared": f"{said}\n"})
        if self.write:
            action(*arguments)

    @property
    def prepared(self) -> dict[str, str]:
        """What was done, as Ansible shows it where there is nothing before and after."""
        return {"prepared": "".join(f"{line}\n" for line in self.done)}


def before_and_after(what: object, before: str, after: str) -> dict[str, str]:
    """A difference as Ansible shows it."""
    return {"before": before, "after": after, "before_header": str(what), "after_header": str(what)}


def run_alone(module: AnsibleModule, lock: str, work: Callable[[bool], Answer]) -> None:
    """Do the work while no other run does, and end the module with its answer.

    Args:
        module: in check mode, nothing is written.
        lock: the name of this kind of work's lock; `packages` for what changes packages of the distribution.
        work: takes whether to write.
    """

    def alone(write: bool) -> Answer:  # noqa: FBT001  run calls it
        with locked(lock):
            return work(write)

    run(module, alone)


def run(module: AnsibleModule, work: Callable[[bool], Answer]) -> None:
    """Do the work, which takes whether to write, and end the module with its answer."""
    os.umask(0o022)
    try:
        answer = work(not module.check_mode)
    except (HostError, OSError) as error:
        output = error.output if isinstance(error, HostError) else ""
        module.fail_json(msg=str(error), output=output.splitlines())
    else:
        diff = answer.diff or answer.prepared
        module.exit_json(changed=bool(answer.done), done=answer.done, diff=diff, **answer.more)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """While no other run holds this lock. Raises HostError where one holds it too long."""
    file, timeout_s = LOCKS / f"{name}.lock", LOCK_TIMEOUT_S
    # The programs that are started inherit the lock: one that outlives a killed run keeps the next run waiting.
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(descriptor, True)  # noqa: FBT003  no keyword is taken
    try:
        deadline = time.monotonic() + timeout_s
        while not _taken(descriptor):
            if time.monotonic() > deadline:
                raise HostError(
                    f"another run has held {file} on this host for {timeout_s / 60:.0f} minutes",
                    "wait for it, and repeat",
                )
            time.sleep(_PAUSE_S)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
