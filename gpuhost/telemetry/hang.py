"""What is said while the driver does not answer. Pure."""

from __future__ import annotations

import os
from dataclasses import replace

from gpuhost.telemetry.advice.table import HOST, PROBLEM
from gpuhost.telemetry.collect import host
from gpuhost.telemetry.snapshot import UNREADABLE, Advice, Card, Snapshot


def hung(now: float, seconds: float, last: Snapshot | None = None) -> Snapshot:
    """The snapshot: the cards that there were, without figures, and what to do.

    Args:
        now: seconds since 1970.
        seconds: that it has not answered.
        last: the snapshot before.
    """
    state, why = host.hung(seconds)
    row = HOST["hung"]
    kept = last or Snapshot(taken_at=now, host=os.uname().nodename, state=state)
    cards = tuple(
        Card(card.index, card.uuid, card.name, card.address, state=UNREADABLE, error=why)
        for card in kept.cards
    )
    known = [each for each in kept.advice if each.fault == "hung"]
    since = known[0].since if known else now - seconds
    advice = Advice("", "hung", PROBLEM, row.seen.replace("{detail}", why), row.action, since)
    others = tuple(each for each in kept.advice if each.fault != "hung")
    return replace(kept, taken_at=now, state=state, why=why, cards=cards, advice=(advice, *others))
