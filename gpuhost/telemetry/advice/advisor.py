"""What of the table holds now. Stateful: an advice goes on until what it is about has recovered, and keeps the time at which it began.

Pure apart from its own memory: no clock, no file. Events of the kernel's log are given in its order, each once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from gpuhost.telemetry.advice.conditions import Finding, of_card, of_host
from gpuhost.telemetry.advice.table import (
    CARD,
    HOST,
    PROBLEM,
    SXID_ACTION,
    WARNING,
    XID_ACTIONS,
    XID_UNKNOWN,
    Row,
)
from gpuhost.telemetry.snapshot import OK, Advice, Card, Snapshot
from gpuhost.telemetry.snapshot import Xid as ReportedXid
from gpuhost.xid.catalog import Xid
from gpuhost.xid.lines import FALLEN_OFF, LOADED, RECOVERY_ACTION, SXID

PROGRAMS_FAULT_S = 600.0
"""How long a fault that a program made is told: nothing says that it has ended."""

HOLD_S = {"warm": 10.0, "too-hot": 3.0, "power-brake": 3.0, "stuck-process": 60.0}
"""How long a condition has to last before it is told, where it may come and go within a second."""

_ANSWERS_AGAIN_S = 5.0
"""After a fall off the bus: a card that answers later than that has come back."""


@dataclass(frozen=True)
class Fault:
    """An Xid or SXid that was reported."""

    kind: str
    number: int
    address: str
    """On the PCI bus, without the function; empty for the driver."""
    at: float
    """Seconds since 1970."""
    text: str
    fatal: bool = False
    recovered: bool = False

    def as_reported(self) -> ReportedXid:
        """As a snapshot has it."""
        return ReportedXid(self.number, self.address, round(self.at, 3), self.text, switch=self.kind == SXID)


class Advisor:
    """Remembers what was seen of each card."""

    def __init__(self, earlier: Iterable[Advice] = (), hold_s: Mapping[str, float] = HOLD_S) -> None:
        """Of an earlier start.

        Args:
            earlier: what the last snapshot before this start advised; only when it began is taken from it.
            hold_s: how long conditions have to last; who looks once holds none.
        """
        self._hold_s = hold_s
        self._since = {(each.about, each.fault): each.since for each in earlier}
        self._begun: dict[tuple[str, str], float] = {}
        self._faults: dict[tuple[str, str, int], Fault] = {}
        self._last: dict[str, Card] = {}
        self._most_links: dict[str, int] = {}
        self._widest: dict[str, int] = {}

    def hear(self, faults: Iterable[Fault]) -> None:
        """Faults and recoveries that were reported since."""
        for each in faults:
            if each.kind == LOADED:
                self._faults.clear()
            elif each.recovered:
                self._forget(each.address)
            elif each.kind == SXID and not each.fatal:
                continue
            else:
                self._faults[each.kind, each.address, each.number] = each

    def advise(self, snapshot: Snapshot) -> tuple[Advice, ...]:
        """What holds at this snapshot: problems first, then the oldest."""
        now = snapshot.taken_at
        for card in snapshot.cards:
            self._look(card, now)
        advice = [*self._conditions(snapshot, now), *self._reported(snapshot.cards, now)]
        self._since = {(each.about, each.fault): each.since for each in advice}
        return tuple(sorted(advice, key=lambda each: (each.severity != PROBLEM, each.since, each.about)))

    def _look(self, card: Card, now: float) -> None:
        """Forget the faults of a card that was reset or came back."""
        last, slot = self._last.get(card.uuid), slot_of(card)
        if card.state != OK:
            return
        if last is not None and (card.energy_j or 0.0) < (last.energy_j or 0.0):
            self._forget(slot)  # it counts anew since the driver was loaded or the card reset
        fallen = self._faults.get(("Xid", slot, FALLEN_OFF))
        if fallen is not None and now - fallen.at > _ANSWERS_AGAIN_S:
            del self._faults["Xid", slot, FALLEN_OFF]
        self._last[card.uuid] = card
        self._most_links[card.uuid] = max(card.nvlinks_active or 0, self._most_links.get(card.uuid, 0))
        self._widest[card.uuid] = max(card.pcie_width or 0, self._widest.get(card.uuid, 0))

    def _forget(self, slot: str) -> None:
        self._faults = {key: each for key, each in self._faults.items() if each.address != slot}

    def _conditions(self, snapshot: Snapshot, now: float) -> Iterator[Advice]:
        found = [(("", each.key), HOST[each.key], each) for each in of_host(snapshot)]
        for card in snapshot.cards:
            links, width = self._most_links.get(card.uuid, 0), self._widest.get(card.uuid, 0)
            about = card.uuid or card.address
            found += [((about, each.key), CARD[each.key], each) for each in of_card(card, links, width)]
        self._begun = {key: self._begun.get(key, now) for key, _row, _finding in found}
        for key, row, finding in found:
            if now - self._begun[key] >= self._hold_s.get(finding.key, 0.0):
                yield self._advice(key, row, finding, self._begun[key])

    def _reported(self, cards: Iterable[Card], now: float) -> Iterator[Advice]:
        uuids = {slot_of(card): card.uuid for card in cards}
        for each in list(self._faults.values()):
            meaning = Xid(kind=each.kind, number=each.number, address=each.address, fatal=each.fatal)
            if not meaning.is_fault and now - each.at > PROGRAMS_FAULT_S:
                del self._faults[each.kind, each.address, each.number]
                continue
            if each.number == RECOVERY_ACTION and not meaning.is_fault:
                continue
            seen = f"{each.kind} {each.number}{f': {meaning.meaning}' if meaning.meaning else ''}"
            action = SXID_ACTION if each.kind == SXID else XID_ACTIONS.get(each.number, XID_UNKNOWN)
            about = uuids.get(each.address, each.address)
            key = (about, f"{each.kind.lower()}-{each.number}")
            row = Row(PROBLEM if meaning.is_fault else WARNING, seen, action)
            yield replace(self._advice(key, row, Finding("", ""), each.at), since=each.at)

    def _advice(self, key: tuple[str, str], row: Row, finding: Finding, since: float) -> Advice:
        about, fault = key
        return Advice(
            about=about,
            fault=fault,
            severity=row.severity,
            seen=row.seen.replace("{detail}", finding.detail),
            action=row.action.replace("{uuid}", about),
            since=self._since.get(key, since),
        )


def slot_of(card: Card) -> str:
    """The card's address without its function, as the kernel's log has it."""
    return card.address.partition(".")[0]
