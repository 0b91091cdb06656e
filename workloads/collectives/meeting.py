"""Where the tasks meet: an address for each, agreed over the channel. Frameworks are given these and look for nothing themselves."""

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from workloads.step.channel import Channel
from workloads.step.frames import Message

_NO_PROXY = "no_grpc_proxy"
"""In small letters: gRPC's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Of all tasks."""

    rank: int
    tasks: int
    addresses: tuple[str, ...]
    """`10.0.0.5:41233` of each task, by rank."""


def arrange(channel: Channel) -> Meeting:
    """A free port of each task, told to all."""
    step = channel.step
    if step.tasks == 1:
        return Meeting(rank=0, tasks=1, addresses=())
    told = channel.gather(Message(facts={"port": _free_port()}))
    addresses = [
        f"{address}:{message.facts['port']}"
        for address, message in zip(channel.addresses() if told else (), told, strict=True)
    ]
    agreed = channel.broadcast(Message(facts={"addresses": addresses})).facts["addresses"]
    # gRPC would else go through a proxy of the host's, which knows no host of the cluster.
    os.environ[_NO_PROXY] = ",".join(each.rpartition(":")[0] for each in agreed)
    return Meeting(rank=step.rank, tasks=step.tasks, addresses=tuple(agreed))


def _free_port() -> int:
    with _listening() as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def _listening() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("", 0))
        yield listener
