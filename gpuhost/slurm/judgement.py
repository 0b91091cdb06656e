"""Whether this host may have jobs, and what to tell Slurm. Pure: no clock, no disk, no program."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from gpuhost.recheck.standing import REVOKED, Standing
from gpuhost.telemetry.advice.table import PROBLEM
from gpuhost.telemetry.snapshot import COMPUTE, NO_CARD, OK, Card, Process, Snapshot

MARK = "orchestrate: "
"""With which the reason of each drain of ours begins: no other is taken back."""
LEFT = re.compile(r"process (\d+) of \S+ is left on GPU")
"""A reason that the end of a job gave; it is gone when the process is."""
LONGEST = 200
"""Characters of a reason: a listing is to be read."""
NOT_WORKING = ("DOWN", "POWER", "REBOOT")
"""States, by their beginnings, in which a host is neither drained nor taken back: something else is at it."""


@dataclass(frozen=True)
class HostState:
    """A host as Slurm has it."""

    states: frozenset[str]
    """`IDLE`, `DRAIN` …"""
    reason: str

    @property
    def drained(self) -> bool:
        """Whether it gets no jobs."""
        return any(state.startswith("DRAIN") for state in self.states)

    @property
    def ours(self) -> bool:
        """Whether we drained it."""
        return self.drained and self.reason.startswith(MARK)


def shown(text: str) -> HostState:
    """What `scontrol show node` printed in one line. Without a state, nothing is known."""
    states = re.search(r"\bState=(\S+)", text)
    reason = re.search(r"\bReason=(.*?)(?: \[[^\]]*\])?\s*(?:\bComment=|$)", text, re.MULTILINE)
    names = states[1].replace("*", "").split("+") if states else []
    return HostState(frozenset(names), reason[1].strip() if reason else "")


def reasons(snapshot: Snapshot, gpus: int, standing: Standing | None) -> list[str]:
    """Why this host shall have no jobs; none where it may.

    Args:
        snapshot: of its cards.
        gpus: how many Slurm was told of.
        standing: of its certificate; None where nothing is known.
    """
    return [*_of_cards(snapshot, gpus), *_of_certificate(standing)]


def _of_cards(snapshot: Snapshot, gpus: int) -> Iterator[str]:
    if not gpus:
        return
    if snapshot.state not in (OK, NO_CARD) and not snapshot.cards:
        yield snapshot.why or snapshot.state
        return
    for card in snapshot.cards:
        faults = [each for each in snapshot.advice if each.about == card.uuid and each.severity == PROBLEM]
        if card.state != OK:
            yield f"GPU {card.index} is {card.state}{f' ({card.error})' if card.error else ''}"
        elif faults:
            yield f"GPU {card.index}: {faults[0].seen}"
    if len(snapshot.cards) < gpus:
        yield f"{len(snapshot.cards)} of {gpus} GPUs are there"


def _of_certificate(standing: Standing | None) -> Iterator[str]:
    if standing is not None and standing.state == REVOKED:
        seen = standing.reasons[0].seen if standing.reasons else "no reason is on record"
        yield f"its certificate is revoked: {seen}"


def step(host: HostState, found: Collection[str], there: Callable[[int], bool]) -> tuple[str, str]:
    """What Slurm is told: `drain` with a reason, `resume`, or nothing.

    Args:
        host: as Slurm has it.
        found: why it shall have no jobs.
        there: whether a process is there.
    """
    if not host.states or any(state.startswith(NOT_WORKING) for state in host.states):
        return "", ""
    if not found and host.ours:
        left = LEFT.search(host.reason)
        return ("", "") if left and there(int(left[1])) else ("resume", "")
    if not found or (host.drained and not host.ours):
        return "", ""
    reason = said(found)
    return ("", "") if host.ours and host.reason == reason else ("drain", reason)


def said(found: Collection[str]) -> str:
    """The reasons in one line that Slurm takes: quotes and brackets are its own."""
    text = re.sub(r"[\"'\[\]\s]+", " ", "; ".join(found)).strip()
    return f"{MARK}{text}"[:LONGEST]


def cards_of_job(snapshot: Snapshot, told: str) -> list[Card]:
    """The cards of a job, by the numbers that Slurm gives its prolog: those of their device nodes."""
    numbers = _numbers(told)
    return [card for card in snapshot.cards if _number(card) in numbers]


def before(snapshot: Snapshot, told: str, shared: Collection[int], there: Callable[[int], bool]) -> list[str]:
    """Why the cards that a job got are not fit for it; none where they are.

    Args:
        snapshot: of the host's cards.
        told: their numbers, as Slurm writes them.
        shared: numbers of cards that other jobs may be on.
        there: whether a process is there.
    """
    if snapshot.state not in (OK, NO_CARD) and not snapshot.cards:
        return [snapshot.why or snapshot.state]
    cards = cards_of_job(snapshot, told)
    faults = list(_of_cards(_of(snapshot, cards), len(cards)))
    # Numbers beyond those of the cards are Slurm's own, of slices.
    cut = any(card.mig_enabled for card in snapshot.cards)
    missing = () if cut else sorted(_numbers(told) - {_number(card) for card in snapshot.cards})
    used = [
        f"process {each.pid} of {each.user or 'somebody'} is on GPU {card.index} before the job"
        for card in cards
        if _is_alone(card, shared)
        for each in computing(card)
        if there(each.pid)
    ]
    return [*faults, *(f"GPU {number} is not there" for number in missing), *used]


def left(
    snapshot: Snapshot, told: str, uid: int, shared: Collection[int], there: Callable[[int], bool]
) -> list[tuple[Card, Process]]:
    """What a job left on its cards: processes of its user, as only root's are to be expected there without one."""
    return [
        (card, each)
        for card in cards_of_job(snapshot, told)
        if _is_alone(card, shared)
        for each in computing(card)
        if each.uid == uid and uid > 0 and there(each.pid)
    ]


def left_words(found: Collection[tuple[Card, Process]]) -> list[str]:
    """The reasons of a drain, which LEFT knows again."""
    return [f"process {each.pid} of {each.user} is left on GPU {card.index}" for card, each in found]


def computing(card: Card) -> list[Process]:
    """The processes that compute on a card."""
    return [each for each in card.processes if each.kind == COMPUTE]


def _number(card: Card) -> int:
    return card.index if card.minor is None else card.minor


def _numbers(told: str) -> set[int]:
    return {int(each) for each in re.findall(r"\d+", told)}


def _is_alone(card: Card, shared: Collection[int]) -> bool:
    """Whether one job has all of it, so that another's process there means something."""
    return not card.mig_enabled and _number(card) not in shared


def _of(snapshot: Snapshot, cards: list[Card]) -> Snapshot:
    return Snapshot(
        taken_at=snapshot.taken_at,
        host=snapshot.host,
        state=snapshot.state,
        why=snapshot.why,
        cards=tuple(cards),
        advice=snapshot.advice,
    )
