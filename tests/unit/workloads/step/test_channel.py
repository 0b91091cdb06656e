"""What the tasks of a step say to each other, and that none is missed or waited for without end."""

import socket
import time
from queue import SimpleQueue

import pytest

from tests.unit.workloads.step.tasks import at_once, joined, steps
from workloads.step.channel import Channel, Limits, TaskLostError
from workloads.step.frames import FrameError, Message, encode, receive
from workloads.step.joining import TasksMissingError
from workloads.step.slurm import ALONE, Step


def heard(lost: SimpleQueue[str], count: int) -> list[str]:
    return [lost.get(timeout=10) for _ in range(count)]


def test_what_each_brings_is_gathered_by_rank_and_what_the_first_says_is_heard_by_all() -> None:
    lost: SimpleQueue[str] = SimpleQueue()

    def talk(step: Step) -> tuple[list[object], bytes]:
        channel = joined(step, lost)
        told = channel.gather(Message(facts={"from": step.rank}))
        heard = channel.broadcast(Message(facts={"all": len(told)}, data=b"weights"))
        channel.barrier()
        channel.close()
        return [message.facts["from"] for message in told], heard.data

    assert at_once(talk, steps(3)) == [([0, 1, 2], b"weights"), ([], b"weights"), ([], b"weights")]
    assert lost.empty()


def test_alone_nothing_is_sent() -> None:
    channel = Channel(ALONE, Limits(join_s=1, silence_s=1), pytest.fail)
    assert len(channel.join(Message())) == 1
    assert channel.gather(Message(facts={"a": 1})) == (Message(facts={"a": 1}),)
    assert channel.broadcast(Message(data=b"x")).data == b"x"
    channel.barrier()
    channel.close()


def test_a_task_that_does_not_come_is_an_error_and_no_smaller_step() -> None:
    first, second = at_once(lambda step: joined(step, SimpleQueue(), join_s=1), steps(3, present=2))
    assert isinstance(first, TasksMissingError)
    assert "2 of 3 tasks came within 1 s; missing: task 2" in str(first)
    assert not isinstance(second, TasksMissingError)  # it had come, and hears that the first one is gone


def test_without_the_first_task_the_others_end_in_time() -> None:
    began = time.monotonic()
    (made,) = at_once(lambda step: joined(step, SimpleQueue(), join_s=1), steps(2)[1:])
    assert isinstance(made, TasksMissingError)
    assert time.monotonic() - began < 8


def test_somebody_else_on_the_port_is_no_task_of_the_step() -> None:
    mine, foreign = steps(2), steps(2)
    foreign = [Step(rank=1, tasks=2, hosts=("localhost",) * 2, job=mine[0].job, restarts=1)]
    first, other = at_once(lambda step: joined(step, SimpleQueue(), join_s=1.5), [mine[0], foreign[0]])
    assert isinstance(first, TasksMissingError)
    assert isinstance(other, TasksMissingError)


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_one_that_breaks_off_ends_all_with_its_reason(rank: int) -> None:
    lost: SimpleQueue[str] = SimpleQueue()

    def talk(step: Step) -> None:
        channel = joined(step, lost)
        channel.barrier()
        if step.rank == rank:
            channel.break_off("MemoryLimitError: too large")
        else:
            channel._over.wait(10)

    at_once(talk, steps(3))
    assert heard(lost, 2) == [f"task {rank} on gpu-{rank + 1}: MemoryLimitError: too large"] * 2


def test_one_whose_connection_closes_without_a_word_is_lost() -> None:
    lost: SimpleQueue[str] = SimpleQueue()

    def talk(step: Step) -> None:
        channel = joined(step, lost)
        channel.barrier()
        if step.rank == 1:
            channel._over.set()
            for link in channel._links.values():
                link.connection.shutdown(socket.SHUT_RDWR)
        else:
            channel._over.wait(10)

    at_once(talk, steps(3))
    assert heard(lost, 2) == ["task 1 on gpu-2 is gone: it closed its connection"] * 2


def test_one_that_falls_silent_is_lost_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    lost: SimpleQueue[str] = SimpleQueue()
    live = Channel._live
    monkeypatch.setattr(Channel, "_live", lambda self: None if self.step.rank == 1 else live(self))

    def talk(step: Step) -> bool:
        return joined(step, lost, silence_s=1.5)._over.wait(10)

    assert at_once(talk, steps(2)) == [True, True]
    assert "task 1 on gpu-2 has been silent for 1.5 s" in heard(lost, 2)


def test_tasks_that_do_not_run_the_same_program_are_told() -> None:
    def talk(step: Step) -> None:
        channel = joined(step, SimpleQueue())
        if step.rank == 1:
            channel._count += 1
        channel.gather(Message())

    first, _ = at_once(talk, steps(2))
    assert isinstance(first, TaskLostError)


def test_what_is_no_message_is_refused() -> None:
    for sent in (b"GET / HTTP/1.1\r\n\r\n" * 4, encode(Message())[:-2] + b"[]"):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(sent)
            with pytest.raises(FrameError):
                receive(ours)
