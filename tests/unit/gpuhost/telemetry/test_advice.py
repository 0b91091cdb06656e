"""Each fault gives its advice, and a later recovery clears it."""

from dataclasses import replace

import pytest

from gpuhost.telemetry.advice.advisor import HOLD_S, Advisor, Fault
from gpuhost.telemetry.advice.table import CARD, HOST, PROBLEM, WARNING, XID_ACTIONS
from gpuhost.telemetry.snapshot import (
    COMPUTE,
    HUNG,
    LOST,
    MISMATCH,
    NO_CARD,
    NO_DRIVER,
    OK,
    UNREADABLE,
    Advice,
    Card,
    Process,
    Snapshot,
)
from gpuhost.xid.catalog import BY_THEIR_WORD, FAULTS, PROGRAMS
from gpuhost.xid.lines import LOADED, SXID, XID

SOUND = Card(
    index=0,
    uuid="GPU-0",
    name="NVIDIA H100",
    address="0000:3b:00.0",
    energy_j=1000.0,
    temperature_c=60,
    temperature_slowdown_c=90,
    nvlinks_active=18,
    pcie_width=16,
    throttle_reasons=("power limit",),
    recovery_action="none",
)
STUCK = Process(7, COMPUTE, 1, "ada", 1000, "python train.py", 0.0, "D")
SLOT = "0000:3b:00"


def at(seconds: float, *cards: Card, state: str = OK, why: str = "") -> Snapshot:
    return Snapshot(taken_at=seconds, host="lab-1", state=state, why=why, cards=cards)


def advised(advisor: Advisor, snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(each.fault, each.severity) for each in advisor.advise(snapshot)]


def xid(number: int, seconds: float, *, fatal: bool = False, recovered: bool = False) -> Fault:
    return Fault(XID, number, SLOT, seconds, "a line", fatal, recovered)


CONDITIONS = [
    (replace(SOUND, state=LOST, error="GPU is lost"), "lost", PROBLEM),
    (replace(SOUND, state=UNREADABLE, error="GPU requires restart"), "unreadable", PROBLEM),
    (replace(SOUND, recovery_action="reset the card"), "recovery", PROBLEM),
    (replace(SOUND, ecc_uncorrected_volatile=2), "ecc-uncorrected", PROBLEM),
    (replace(SOUND, row_remap_pending=True), "row-remap-pending", WARNING),
    (replace(SOUND, row_remap_failed=True), "row-remap-failed", PROBLEM),
    (replace(SOUND, page_retirement_pending=True), "page-retirement-pending", WARNING),
    (replace(SOUND, pages_retired=60), "pages-retired", PROBLEM),
    (replace(SOUND, temperature_c=90), "too-hot", PROBLEM),
    (replace(SOUND, throttle_reasons=("too warm (hardware)", "hardware slowdown")), "too-hot", PROBLEM),
    (replace(SOUND, throttle_reasons=("too warm (software)",)), "warm", WARNING),
    (replace(SOUND, throttle_reasons=("hardware slowdown", "power brake")), "power-brake", PROBLEM),
    (replace(SOUND, throttle_reasons=("hardware slowdown",)), "power-brake", PROBLEM),
    (replace(SOUND, nvlinks_active=17), "nvlink-down", PROBLEM),
    (replace(SOUND, pcie_width=8), "pcie-narrow", WARNING),
    (replace(SOUND, processes=(STUCK,)), "stuck-process", WARNING),
]


@pytest.mark.parametrize(
    ("card", "fault", "severity"), CONDITIONS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_condition_gives_its_advice_once_it_lasts_and_goes_with_it(
    card: Card, fault: str, severity: str
) -> None:
    advisor = Advisor()
    assert advised(advisor, at(0, SOUND)) == []
    assert advised(advisor, at(1, card)) == ([] if HOLD_S.get(fault) else [(fault, severity)])
    assert advised(advisor, at(70, card)) == [(fault, severity)]
    (advice,) = advisor.advise(at(71, card))
    assert (advice.about, advice.since) == ("GPU-0", 1)
    assert "{" not in advice.seen + advice.action
    assert advised(advisor, at(72, SOUND)) == []


def test_every_condition_of_the_table_is_tried_above() -> None:
    assert {fault for _card, fault, _severity in CONDITIONS} == set(CARD)


@pytest.mark.parametrize(
    ("state", "fault"),
    [(NO_DRIVER, "driver"), (MISMATCH, "mismatch"), (HUNG, "hung"), (UNREADABLE, "unreadable")],
)
def test_a_host_that_cannot_use_its_cards_says_what_to_do(state: str, fault: str) -> None:
    advisor = Advisor()
    (advice,) = advisor.advise(at(1, state=state, why="it is so"))
    assert (advice.about, advice.fault, advice.severity) == ("", fault, PROBLEM)
    assert "it is so" in advice.seen
    assert advisor.advise(at(2, SOUND)) == ()
    assert fault in HOST


def test_a_host_without_a_card_and_an_everyday_power_cap_are_no_fault() -> None:
    assert Advisor().advise(at(0, state=NO_CARD, why="none")) == ()
    assert Advisor().advise(at(0, replace(SOUND, throttle_reasons=("power limit", "clocks were set")))) == ()
    assert Advisor().advise(at(0, replace(SOUND, pcie_width=8, nvlinks_active=0))) == (), "it never had more"


def test_an_xid_of_the_card_stays_until_the_card_was_reset() -> None:
    advisor = Advisor()
    advisor.advise(at(0, SOUND))
    advisor.hear([xid(95, 1.0)])
    later = 100_000.0
    (advice,) = advisor.advise(at(later, replace(SOUND, energy_j=2000.0)))
    assert (advice.fault, advice.severity, advice.about, advice.since) == ("xid-95", PROBLEM, "GPU-0", 1.0)
    assert advice.seen == "Xid 95: uncontained memory error"
    assert "--gpu-reset --id=GPU-0" in advice.action
    assert advised(advisor, at(later + 1, replace(SOUND, energy_j=5.0))) == [], "the counter began anew"


@pytest.mark.parametrize(
    "recovery", [Fault(LOADED, 0, "", 2.0, "NVRM: loading"), xid(154, 2.0, recovered=True)]
)
def test_a_driver_that_was_loaded_or_wants_nothing_any_more_ends_what_was_before(recovery: Fault) -> None:
    advisor = Advisor()
    advisor.hear([xid(48, 1.0), recovery])
    assert advised(advisor, at(3, SOUND)) == []
    advisor.hear([xid(48, 4.0)])
    assert advised(advisor, at(5, SOUND)) == [("xid-48", PROBLEM)], "what comes after it is new"


def test_a_card_that_fell_off_and_answers_again_has_recovered() -> None:
    advisor, gone = Advisor(), replace(SOUND, state=LOST, error="GPU is lost")
    advisor.advise(at(0, SOUND))
    advisor.hear([xid(79, 1.0)])
    assert advised(advisor, at(10, gone)) == [("xid-79", PROBLEM), ("lost", PROBLEM)]
    assert advised(advisor, at(11, SOUND)) == []


def test_a_programs_fault_is_told_for_ten_minutes() -> None:
    advisor = Advisor()
    advisor.hear([xid(31, 1.0), xid(9999, 1.0)])
    assert advised(advisor, at(2, SOUND)) == [("xid-31", WARNING), ("xid-9999", WARNING)]
    assert advised(advisor, at(602, SOUND)) == []


def test_what_the_driver_asks_for_by_an_xid_is_a_problem_and_a_change_to_nothing_is_none() -> None:
    advisor = Advisor()
    advisor.hear([xid(154, 1.0)])
    assert advised(advisor, at(2, SOUND)) == []
    advisor.hear([xid(154, 3.0, fatal=True)])
    assert advised(advisor, at(4, SOUND)) == [("xid-154", PROBLEM)]


def test_of_switches_only_what_is_fatal_is_told() -> None:
    advisor = Advisor()
    advisor.hear([Fault(SXID, 28006, "0000:c1:00", 1.0, "", fatal=False)])
    advisor.hear([Fault(SXID, 20034, "0000:cd:00", 1.0, "", fatal=True)])
    (advice,) = advisor.advise(at(2, SOUND))
    assert (advice.about, advice.fault, advice.severity) == ("0000:cd:00", "sxid-20034", PROBLEM)


def test_a_new_start_keeps_the_time_at_which_an_advice_began() -> None:
    earlier = Advice("GPU-0", "row-remap-pending", WARNING, "", "", 5.0)
    (advice,) = Advisor((earlier,)).advise(at(100, replace(SOUND, row_remap_pending=True)))
    assert advice.since == 5.0


def test_every_number_that_has_a_meaning_has_an_action() -> None:
    assert XID_ACTIONS.keys() >= FAULTS.keys() | PROGRAMS.keys() | BY_THEIR_WORD
