"""Free cards are taken, others are refused with who is on them."""

import os
import socket
from dataclasses import replace

import pytest

from workloads.allocation.holding import hold
from workloads.allocation.occupancy import Occupancy, taken_by
from workloads.allocation.request import Request, argument, parsed
from workloads.allocation.taking import GpusTakenError, NoSuchGpuError, allocated, candidates
from workloads.allocation.visibility import by_name, visible
from workloads.result.evidence import GpuProcess

ADA = GpuProcess(pid=4242, kind="compute", memory_mib=1024, user="ada", program="python3")
DESKTOP = GpuProcess(pid=900, kind="graphics", memory_mib=600, user="ada", program="Xorg")


def card(index: int, *processes: GpuProcess, used_mib: int | None = None) -> Occupancy:
    drawn = sum(each.memory_mib or 0 for each in processes)
    return Occupancy(
        index=index,
        uuid=f"GPU-{index}{index}{index}",
        name="Tesla T4",
        total_mib=15360,
        used_mib=drawn if used_mib is None else used_mib,
        allowed_mib=256,
        processes=processes,
        is_sliced=False,
        error="",
    )


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        (card(0), ""),
        (card(0, DESKTOP), ""),
        (card(0, used_mib=200), ""),
        (card(0, ADA), "is used by ada: python3 (pid 4242, 1024 MiB)"),
        (card(0, replace(ADA, user="", program="", memory_mib=None)), "is used by a process (pid 4242)"),
        (
            card(0, replace(DESKTOP, memory_mib=5000)),
            "draws for ada: Xorg (pid 900, 5000 MiB)",
        ),
        (
            card(0, DESKTOP, used_mib=1000),
            "has 400 MiB in use by processes that are not shown here, as those of another container",
        ),
        (replace(card(0), error="GPU is lost"), "cannot be read: GPU is lost"),
        (
            replace(card(0), is_sliced=True),
            "is cut into slices (MIG): set CUDA_VISIBLE_DEVICES to one of them, without --gpus",
        ),
    ],
)
def test_a_card_is_free_or_it_is_said_who_is_on_it(there: Occupancy, reason: str) -> None:
    assert taken_by(there) == reason


def test_the_first_free_cards_are_taken_and_no_more_are_held() -> None:
    holder = Holder()
    taken = allocated(parsed("2"), (card(0, ADA), card(1), card(2), card(3)), holder.hold)
    assert taken.uuids == ("GPU-111", "GPU-222")
    assert holder.asked == ["GPU-111", "GPU-222"]
    holder.close()


@pytest.mark.parametrize("asked", ["2", "all"])
def test_too_few_free_cards_are_refused_by_name_and_none_stays_held(asked: str) -> None:
    holder = Holder()
    with pytest.raises(GpusTakenError) as caught:
        allocated(parsed(asked), (card(0, ADA), card(1)), holder.hold)
    assert str(caught.value) == (
        "2 free GPUs were asked for, and 1 are free: GPU-000 (card 0, Tesla T4) is used by ada: python3 "
        "(pid 4242, 1024 MiB); try --gpus 1"
    )
    assert [each.fileno() for each in holder.held] == [-1]


def test_no_card_at_all_is_refused() -> None:
    with pytest.raises(
        GpusTakenError, match="1 free GPUs were asked for, and 0 are free: this job is shown no"
    ):
        allocated(parsed("all"), (), Holder().hold)


def test_a_card_that_another_job_has_just_taken_is_passed_over() -> None:
    def hold_by_another(uuid: str) -> "socket.socket | str":
        return "bob: python3 (pid 7), which has just taken it" if uuid == "GPU-000" else hold(f"test {uuid}")

    taken = allocated(parsed("1"), (card(0), card(1)), hold_by_another)
    assert taken.uuids == ("GPU-111",)
    taken.holds[0].close()
    with pytest.raises(GpusTakenError, match=r"is used by bob: python3 \(pid 7\), which has just taken it"):
        allocated(parsed("1"), (card(0),), hold_by_another)


def test_a_hold_is_one_process_s_until_it_lets_go() -> None:
    first = hold("test one")
    assert isinstance(first, socket.socket)
    second = hold("test one")
    assert isinstance(second, str)
    assert f"(pid {os.getpid()}), which has just taken it" in second
    first.close()
    third = hold("test one")
    assert isinstance(third, socket.socket)
    third.close()


def test_cards_are_named_by_the_beginnings_of_their_uuids_in_any_order() -> None:
    cards = (card(0), card(1), card(2))
    left = [each.uuid for each in cards]
    assert candidates(parsed("GPU-22,GPU-0"), cards, left, None) == (cards[2], cards[0])


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("GPU-9", "GPU-9 was asked for: there is no such card"),
        ("GPU-00", "GPU-00 was asked for: CUDA_VISIBLE_DEVICES=GPU-111 hides it"),
    ],
)
def test_a_card_that_is_not_there_or_hidden_is_named(asked: str, why: str) -> None:
    with pytest.raises(NoSuchGpuError) as caught:
        candidates(parsed(asked), (card(0), card(1)), ["GPU-111"], "GPU-111")
    assert str(caught.value) == f"{why}. This job may use: GPU-111 (card 1, Tesla T4)"


@pytest.mark.parametrize(
    ("variable", "left"),
    [
        (None, ("GPU-a1", "GPU-b2")),
        ("GPU-b2,GPU-a", ("GPU-b2", "GPU-a1")),
        ("", ()),
        ("-1", ()),
        ("GPU-x,GPU-a1", ()),
        ("GPU-a1,NoDevFiles,GPU-b2", ("GPU-a1",)),
    ],
)
def test_only_what_the_variable_leaves_may_be_taken(variable: str | None, left: tuple[str, ...]) -> None:
    environ = {} if variable is None else {"CUDA_VISIBLE_DEVICES": variable}
    assert visible(environ, ["GPU-a1", "GPU-b2"]) == left


def test_a_beginning_that_fits_two_cards_hides_what_comes_behind_it() -> None:
    assert by_name("GPU-b2,GPU-,GPU-a1", ["GPU-a1", "GPU-b2"]) == ("GPU-b2",)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("2", Request(count=2, uuids=())),
        ("all", Request(count=None, uuids=())),
        ("GPU-5a3c1e0b-77", Request(count=None, uuids=("GPU-5a3c1e0b-77",))),
    ],
)
def test_a_request_is_a_number_all_or_names(text: str, request_: Request) -> None:
    assert parsed(argument(text)) == request_


@pytest.mark.parametrize(
    "text", ["0", "-1", "", "none", "GPU-", "GPU-1,", "GPU-1,GPU-1", "MIG-1", "0,1", "²"]
)
def test_anything_else_is_no_request(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parsed(text)


class Holder:
    """Holds whatever is asked for, under names of this test alone."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.held: list[socket.socket] = []

    def hold(self, uuid: str) -> "socket.socket | str":
        self.asked.append(uuid)
        self.held.append(socket.socket(socket.AF_UNIX))
        return self.held[-1]

    def close(self) -> None:
        for each in self.held:
            each.close()
