"""Add up between hosts: each pair of tasks of a Slurm step, as many pairs at a time as there can be, then all together."""

import argparse
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workloads import options as values
from workloads.all_reduce import judge
from workloads.all_reduce.links import Floor, Link, floor_of, link_to
from workloads.all_reduce.measure import Measured, measure
from workloads.all_reduce.tournament import Pair, partner, rounds
from workloads.checks import declared
from workloads.collectives import session as sessions
from workloads.collectives.session import BACKENDS, Session, finish, session
from workloads.devices.opening import tell_memory, tell_used
from workloads.progress import Record
from workloads.result import Arguments, CannotRunError, Kind
from workloads.step.frames import Message
from workloads.workload import Common, Folders, Workload

CHECKS = declared("all_reduce")
OF_EACH_TASK = ("devices_listed", "cards_counted", "device_used", "gpu_health")
MIB = 2**20
_SMALL, _SMALL_REPEATS = 1024, 20
_MIDDLE, _MIDDLE_REPEATS = MIB, 10
_LARGE_REPEATS = 6
LARGE_MIB = {Kind.CPU: 16, Kind.GPU: 256}
"""So large that what it takes to begin no longer counts."""
_SIZES_LIMIT = 32
"""Pairs whose sizes each get a line in a table of their own."""


class OneTaskError(CannotRunError):
    """There is nobody to add up with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllReduceArguments(Arguments):
    """What it is asked."""

    largest_mib: int
    """Of the largest sum; 0: by what computes."""
    tasks: int
    join_seconds: int
    silence_seconds: int
    stall_seconds: int


def run(record: Record, arguments: AllReduceArguments, folders: Folders) -> None:
    """Measure every pair and all together, and judge on the first task.

    Lets through what `session` and `open_framework` raise, and the framework's own errors.

    Raises:
        OneTaskError: the step has one task.
    """
    del folders
    with session(record, arguments) as current:
        if current is None:
            return
        if current.step.tasks < 2:
            raise OneTaskError(
                "all_reduce needs a task on each of two hosts or more: srun --ntasks-per-node=1"
            )
        large = arguments.largest_mib or LARGE_MIB[current.wanted]
        sizes = ((_SMALL, _SMALL_REPEATS), (_MIDDLE, _MIDDLE_REPEATS), (large * MIB, _LARGE_REPEATS))
        made = _measure_all(current, sizes)
        told = current.channel.gather(Message(facts=_own(current, made)))
        if current.step.is_first:
            _judge(record, current, [message.facts for message in told])
        tell_used(record, current.wanted, [each.place for each in made])
        tell_memory(record, current.framework)
        finish(record, current, [each for each in record.checks if each.name in OF_EACH_TASK])


def _measure_all(current: Session, sizes: tuple[tuple[int, int], ...]) -> list[Measured]:
    """What this task saw. All pairs of a round are at work at the same time, as they are in a training."""
    own, tasks, made = current.step.rank, current.step.tasks, list[Measured]()
    everyone = tuple(range(tasks))
    groups: list[tuple[int, ...] | None] = [partner(pairs, own) for pairs in rounds(tasks)]
    # Two are a pair, and all.
    meetings = [*groups, everyone] if tasks > 2 else groups
    for number, group in enumerate(meetings, start=1):
        current.watchdog.beat(f"round {number} of {len(meetings)}")
        if group is not None:
            key = 1 + len(sizes) * (group[0] * tasks + group[1]) if number <= len(groups) else 1
            made += measure(current.collectives, group, own, sizes=sizes, key=key)
        with current.watchdog.waiting(f"for the others in round {number}"):
            current.channel.barrier()
    return made


def _own(current: Session, made: Sequence[Measured]) -> dict[str, Any]:
    is_gpu = current.wanted is Kind.GPU
    links = {
        str(rank): asdict(link_to(address.rpartition(":")[0], is_gpu=is_gpu))
        for rank, address in enumerate(current.addresses)
        if rank != current.step.rank
    }
    return {
        "host": current.step.host or socket.gethostname(),
        "measured": [asdict(each) for each in made],
        "links": links,
    }


def _judge(record: Record, current: Session, told: Sequence[Mapping[str, Any]]) -> None:
    names = [str(facts["host"]) for facts in told]
    measured = judge.speeds([facts["measured"] for facts in told])
    links = {
        (low, high): Link(**told[low]["links"][str(high)])
        for pairs in rounds(len(told))
        for low, high in pairs
    }
    transport = current.collectives.transport
    floors = {pair: floor_of(link, transport) for pair, link in links.items()}
    ways = {pair: (link, floors[pair]) for pair, link in links.items()}
    _tell(record, measured, ways, names, transport)
    everyone = judge.largest(measured)[tuple(range(len(told)))]
    pairs = [each.bus_gb_per_s for group, each in judge.largest(measured).items() if len(group) == 2]
    record.metrics |= {
        "tasks": len(told),
        "all_bus_gb_per_s": round(everyone.bus_gb_per_s, 4),
        "slowest_pair_bus_gb_per_s": round(min(pairs), 4),
        "fastest_pair_bus_gb_per_s": round(max(pairs), 4),
    }
    record.note(f"sums between hosts went by {transport}")
    record.check(judge.check_sums(measured, names))
    record.check(judge.check_pairs(measured, len(told)))
    record.check(judge.check_alike(measured, names))
    record.check(judge.check_links(measured, floors, names, is_gpu=current.wanted is Kind.GPU))


def _tell(
    record: Record,
    measured: Sequence[judge.Speed],
    ways: Mapping[Pair, tuple[Link, Floor | None]],
    names: Sequence[str],
    transport: str,
) -> None:
    smallest = {each.group: each for each in sorted(measured, key=lambda one: -one.bytes)}
    for group, each in judge.largest(measured).items():
        if len(group) != 2:
            continue
        pair = (group[0], group[1])
        link, floor = ways[pair]
        record.row(
            "pairs",
            {
                "host": names[pair[0]],
                "other_host": names[pair[1]],
                "bus_gb_per_s": round(each.bus_gb_per_s, 4),
                "least_gb_per_s": round(floor.gb_per_s, 4) if floor else None,
                "latency_us": round(smallest[group].seconds * 1e6, 1),
                "wrong": sum(one.wrong for one in measured if one.group == group),
                "bytes": each.bytes,
                "algorithm_gb_per_s": round(each.algorithm_gb_per_s, 4),
                "link": link.kind,
                "transport": transport,
                "interface": link.interface,
                "link_gbit_s": link.gbit_s or None,
            },
        )
    shown = [each for each in measured if len(ways) <= _SIZES_LIMIT or len(each.group) > 2]
    record.table(
        "sizes",
        (
            {
                "group": judge.label(each.group, names),
                "bytes": each.bytes,
                "seconds": round(each.seconds, 6),
                "algorithm_gb_per_s": round(each.algorithm_gb_per_s, 4),
                "bus_gb_per_s": round(each.bus_gb_per_s, 4),
            }
            for each in shown
        ),
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--largest-mib",
        type=values.whole(0, 4096),
        default=0,
        metavar="N",
        help=f"of the largest sum; 0: {LARGE_MIB[Kind.GPU]} on GPUs, {LARGE_MIB[Kind.CPU]} on the CPU",
    )
    sessions.add_options(parser)


def _arguments(options: argparse.Namespace, common: Common) -> AllReduceArguments:
    return AllReduceArguments(**common, **sessions.asked(options), largest_mib=options.largest_mib)


WORKLOAD = Workload(
    name="all_reduce",
    about="add up between the hosts of a Slurm step: rightness and speed of every pair",
    checks=CHECKS,
    of_each_task=OF_EACH_TASK,
    backends=BACKENDS,
    add_options=_add_options,
    arguments=_arguments,
    run=run,
)
