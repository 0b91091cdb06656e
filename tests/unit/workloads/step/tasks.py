"""Several tasks of one step, as threads of this process."""

import itertools
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from workloads.step.channel import Channel, Limits
from workloads.step.frames import Message
from workloads.step.slurm import Step

Made = TypeVar("Made")
_numbers = itertools.count(os.getpid())


def steps(tasks: int, *, present: int | None = None) -> list[Step]:
    """Of one job, whose number no other test has."""
    job = next(_numbers)
    return [
        Step(rank=rank, tasks=tasks, hosts=("localhost",) * tasks, host=f"gpu-{rank + 1}", job=job)
        for rank in range(present or tasks)
    ]


def at_once(do: Callable[[Step], Made], of: list[Step]) -> list[Made | BaseException]:
    """Each in its thread; what each gave or raised."""
    made: list[Made | BaseException] = [RuntimeError("it never ended")] * len(of)

    def run(index: int) -> None:
        try:
            made[index] = do(of[index])
        except BaseException as cause:  # noqa: BLE001  the test looks at it
            made[index] = cause

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(len(of))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return made


def joined(step: Step, lost: SimpleQueue[str], *, join_s: float = 10, silence_s: float = 5) -> Channel:
    channel = Channel(step, Limits(join_s=join_s, silence_s=silence_s), lost.put)
    channel.join(Message(facts={"host": step.host}))
    return channel
