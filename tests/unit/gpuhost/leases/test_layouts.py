"""Cards that are declared to be divided: which calls that takes, and what is told meanwhile."""

import threading
from collections.abc import Sequence
from dataclasses import replace

from gpuhost.leases.devices.layouts import AGAIN_S, Layouts, cutting, declared, mps_unit, serving
from gpuhost.telemetry.snapshot import Card
from tests.unit.gpuhost.leases.samples import NOW
from tests.unit.gpuhost.leases.test_devices import card, process, slice_

OF_CARD = ("nvidia-smi", "mig", "-i", "GPU-0")
WHOLE = card(mig_enabled=False)
CUT = card(mig_enabled=True, mig_instances=(slice_(0), slice_(1)))


class _Calls:
    """Remembers the calls, and fails where that is asked for."""

    def __init__(self, error: str = "") -> None:
        self.made: list[tuple[str, ...]] = []
        self.done = threading.Event()
        self._error = error

    def __call__(self, argv: Sequence[str]) -> str:
        self.made.append(tuple(argv))
        self.done.set()
        if self._error:
            raise OSError(self._error)
        return ""


def test_a_card_is_cut_up_after_it_was_made_ready_for_that() -> None:
    assert cutting(WHOLE, ("3g.40gb", "4g.40gb")) == (
        ("nvidia-smi", "-i", "GPU-0", "-mig", "1"),
        (*OF_CARD, "-cgi", "3g.40gb,4g.40gb", "-C"),
    )


def test_one_that_is_cut_up_as_declared_is_left_alone() -> None:
    assert cutting(CUT, ("1g.10gb", "1g.10gb")) == ()


def test_other_slices_are_removed_before() -> None:
    assert cutting(CUT, ("3g.40gb",)) == (
        (*OF_CARD, "-dci"),
        (*OF_CARD, "-dgi"),
        (*OF_CARD, "-cgi", "3g.40gb", "-C"),
    )


def test_a_card_in_use_is_not_cut_up_and_not_given_out_again() -> None:
    calls = _Calls()
    layouts = Layouts(calls)
    said = "it is to be cut into 3g.40gb once nobody uses it"
    assert layouts.cut(WHOLE, ("3g.40gb",), in_use=True, now=NOW) == said
    busy = replace(WHOLE, processes=(process(),))
    assert layouts.cut(busy, ("3g.40gb",), in_use=False, now=NOW) == said
    assert calls.made == []


def test_a_card_that_nobody_uses_is_cut_up_aside() -> None:
    calls = _Calls()
    layouts = Layouts(calls)
    assert layouts.cut(WHOLE, ("3g.40gb",), in_use=False, now=NOW) == "it is to be cut into 3g.40gb"
    assert calls.done.wait(10)


def test_what_failed_is_told_and_tried_again_later() -> None:
    calls = _Calls("In use by another client")
    layouts = Layouts(calls)
    layouts.cut(WHOLE, ("3g.40gb",), in_use=False, now=NOW)
    layouts._threads["GPU-0"].join(10)
    failed_at = layouts._failed["GPU-0"][0]
    said = layouts.cut(WHOLE, ("3g.40gb",), in_use=False, now=failed_at + 1)
    assert said == "it is to be cut into 3g.40gb, which failed: In use by another client"
    assert len(calls.made) == 1
    layouts.cut(WHOLE, ("3g.40gb",), in_use=False, now=failed_at + AGAIN_S + 1)
    layouts._threads["GPU-0"].join(10)
    assert len(calls.made) == 2


def test_a_card_is_shared_once_its_server_runs() -> None:
    layouts = Layouts(_Calls(), lambda _name: "/usr/bin/it")
    assert layouts.share("GPU-0", running=(mps_unit("GPU-0"),), now=NOW) == ""
    missing = Layouts(_Calls(), lambda _name: None)
    assert "is not installed" in missing.share("GPU-0", running=(), now=NOW)


def test_the_server_serves_its_card_alone() -> None:
    argv = serving("GPU-0")
    assert "--setenv=CUDA_VISIBLE_DEVICES=GPU-0" in argv
    assert argv[-2:] == ("nvidia-cuda-mps-control", "-f")


def test_a_layout_is_of_a_uuid_or_a_number() -> None:
    table = {"GPU-0": 1, "3": 2}
    other: Card = card(uuid="GPU-9", index=3)
    assert (declared(card(), table), declared(other, table), declared(card(uuid="x", index=1), table)) == (
        1,
        2,
        None,
    )
