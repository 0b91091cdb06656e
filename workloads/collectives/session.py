"""Open a framework across all tasks of a step, see that all are there, and end together. What breaks off on one task ends all."""

import argparse
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from workloads import options as values
from workloads.collectives.engine import Collectives
from workloads.collectives.jax import JaxCollectives
from workloads.collectives.meeting import Meeting, arrange
from workloads.collectives.tensorflow import TensorFlowCollectives
from workloads.devices.framework import Framework
from workloads.devices.opening import open_framework
from workloads.progress import Record
from workloads.result import (
    CannotRunError,
    Check,
    Failure,
    InterruptedBySignalError,
    Kind,
    Outcome,
    check,
    explain,
)
from workloads.step.channel import Channel, Limits, TaskLostError
from workloads.step.frames import Message
from workloads.step.joining import TasksMissingError
from workloads.step.slurm import Step, step_of
from workloads.step.watchdog import Watchdog

BACKENDS = ("tensorflow", "jax")


class StepArguments(Protocol):
    """What every workload that runs on several hosts is asked on top of `Arguments`."""

    @property
    def tasks(self) -> int:
        """So many have to take part; 0: as many as Slurm started."""
        ...

    @property
    def join_seconds(self) -> int:
        """For all tasks to come together, at most."""
        ...

    @property
    def silence_seconds(self) -> int:
        """A task that is silent for longer is lost."""
        ...

    @property
    def stall_seconds(self) -> int:
        """Without progress for longer, a task gives up."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """All that a job on several hosts works with."""

    step: Step
    channel: Channel
    watchdog: Watchdog
    collectives: Collectives
    framework: Framework
    wanted: Kind
    addresses: tuple[str, ...]
    """Of all tasks, by rank; empty with one."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Those of every workload that runs on several hosts."""
    add = parser.add_argument
    add(
        "--tasks",
        type=values.whole(0, 100_000),
        default=0,
        metavar="N",
        help="so many have to take part, or the job fails; 0: as many as Slurm started",
    )
    seconds = values.whole(1, 86_400)
    add(
        "--join-seconds",
        type=seconds,
        default=120,
        metavar="N",
        help="for all tasks to come together, at most",
    )
    add("--silence-seconds", type=seconds, default=60, metavar="N", help="a task silent for longer is lost")
    add(
        "--stall-seconds", type=seconds, default=600, metavar="N", help="without progress for longer, give up"
    )


def asked(options: argparse.Namespace) -> dict[str, Any]:
    """The fields of StepArguments, as keywords."""
    names = ("tasks", "join_seconds", "silence_seconds", "stall_seconds")
    return {name: getattr(options, name) for name in names}


@contextmanager
def session(record: Record, arguments: StepArguments) -> Iterator[Session | None]:
    """Meet the other tasks and open the framework; None, on all tasks, where one has no device of the wanted kind or one is missing.

    Raises:
        TasksMissingError: not all came together in time.
        StepError: Slurm's variables contradict each other.
    """
    step = step_of(os.environ)

    def give_up(reason: str) -> None:
        record.give_up(Failure(type=TaskLostError.__name__, message=reason))

    limits = Limits(join_s=arguments.join_seconds, silence_s=arguments.silence_seconds)
    channel = Channel(step, limits, give_up)

    def stalled(reason: str) -> None:
        channel.break_off(reason)
        record.give_up(Failure(type="StalledError", message=reason))

    try:
        _join(record, channel, arguments.tasks)
        watchdog = Watchdog(arguments.stall_seconds, stalled)
        with watchdog.watching():
            yield _opened(record, arguments, channel, watchdog)
            watchdog.beat("end")
            channel.barrier()
        channel.close()
    except (Exception, InterruptedBySignalError) as cause:
        # A framework may notice first that another task is gone, and says less of it.
        if not isinstance(cause, CannotRunError | InterruptedBySignalError):
            channel.wait_for_loss()
        failure = explain(cause, record.arguments)
        channel.break_off(f"{failure.type}: {failure.message}")
        raise


def _join(record: Record, channel: Channel, asked_for: int) -> None:
    """Meet the others. One that does not come is a failed check, and no smaller step."""
    step = channel.step
    try:
        channel.join(Message(facts={"host": step.host or socket.gethostname()}))
    except TasksMissingError as cause:
        if step.is_first:
            expected = f"tasks: {asked_for or step.tasks}"
            record.check(check("tasks_counted", str(cause), seen=f"tasks: {cause.came}", expected=expected))
        raise


def finish(record: Record, current: Session, own: Sequence[Check]) -> None:
    """Put on record whether each task's own checks passed; told on the first task, where all are gathered."""
    facts = {"host": current.step.host or socket.gethostname(), "checks": [asdict(each) for each in own]}
    told = current.channel.gather(Message(facts=facts))
    if current.step.is_first:
        record.check(check_tasks([message.facts for message in told], current.step.tasks))
    current.channel.barrier()
    current.collectives.close()


def check_counted(present: int, started: int, asked_for: int) -> Check:
    """As many tasks take part as were asked for: fewer are no smaller step."""
    wanted = asked_for or started
    reason = "" if present == started == wanted else f"{present} tasks take part, and {wanted} were asked for"
    return check("tasks_counted", reason, seen=f"tasks: {present}", expected=f"tasks: {wanted}")


def check_tasks(told: Sequence[dict[str, Any]], tasks: int) -> Check:
    """On every task, what it found of its own devices passed."""
    bad = [
        f"task {rank} on {facts.get('host')}: {one.get('name')}: {one.get('reason')}"
        for rank, facts in enumerate(told)
        for one in facts.get("checks", ())
        if one.get("outcome") != Outcome.PASSED
    ]
    bad += [f"task {rank} told nothing" for rank, facts in enumerate(told) if not facts.get("checks")]
    if len(told) != tasks:
        bad.append(f"{len(told)} tasks told what they found")
    return check(
        "tasks_sound",
        "; ".join(bad),
        seen=f"tasks: {len(told)}",
        expected=f"{tasks} tasks, each with no failed check",
    )


def _opened(record: Record, arguments: StepArguments, channel: Channel, watchdog: Watchdog) -> Session | None:
    step = channel.step
    meeting = arrange(channel)
    collectives = _COLLECTIVES[record.arguments.backend](meeting)
    watchdog.beat(f"opening {record.arguments.backend}")
    collectives.prepare()
    opened = open_framework(record)
    facts = {"host": step.host or socket.gethostname(), "checks": [asdict(each) for each in record.checks]}
    there = channel.gather(Message(facts=facts))
    counted = check_counted(len(there), step.tasks, arguments.tasks)
    unfit = [] if opened else ["devices_listed"]
    if step.is_first:
        record.check(counted)
        # Each found its device, or nobody begins.
        listed = check_tasks([_devices(message.facts) for message in there], step.tasks)
        if listed.reason:
            record.check(listed)
            unfit.append(listed.name)
    good = not unfit and not counted.reason
    if not channel.broadcast(Message(facts={"good": good})).facts["good"] or opened is None:
        return None
    watchdog.beat("connecting to all tasks")
    collectives.connect()
    framework, wanted = opened
    return Session(
        step=step,
        channel=channel,
        watchdog=watchdog,
        collectives=collectives,
        framework=framework,
        wanted=wanted,
        addresses=meeting.addresses,
    )


def _devices(facts: dict[str, Any]) -> dict[str, Any]:
    """Of what a task found, whether it has a device of the wanted kind."""
    return {**facts, "checks": [each for each in facts["checks"] if each["name"] == "devices_listed"]}


_COLLECTIVES: dict[str, Callable[[Meeting], Collectives]] = {
    "tensorflow": TensorFlowCollectives,
    "jax": JaxCollectives,
}
