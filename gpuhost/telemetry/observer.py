"""One collection with what was reported and what to do about it: the whole snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gpuhost.telemetry.advice.advisor import Advisor, Fault
from gpuhost.telemetry.collect.collector import Collector
from gpuhost.telemetry.collect.reports import LOG, NOBODY, Reports
from gpuhost.telemetry.snapshot import Snapshot
from gpuhost.xid.lines import LOADED

MOST_XIDS = 50


class Observer:
    """Looks again and again; the collector opens NVML once."""

    def __init__(self, collector: Collector, reports: Reports, advisor: Advisor) -> None:
        self._collector = collector
        self._reports = reports
        self._advisor = advisor
        self._faults: list[Fault] = []

    def observe(self, at: float) -> Snapshot:
        """The snapshot now; the time is in seconds since 1970."""
        snapshot = self._collector.collect(at)
        new = self._reports.new(self._collector.nvml, self._collector.session, at)
        self._advisor.hear(new)
        self._keep(new)
        xids = tuple(each.as_reported() for each in self._faults)
        snapshot = replace(snapshot, xids=None if self._reports.source == NOBODY else xids)
        return replace(snapshot, advice=self._advisor.advise(snapshot))

    def _keep(self, new: Iterable[Fault]) -> None:
        self._faults = [*self._faults, *(each for each in new if each.kind != LOADED)][-MOST_XIDS:]


def observed_once(at: float, *, cards_alone: bool = False) -> Snapshot:
    """For whoever looks once: without a log that tells of before, nothing is known of faults that were reported.

    Args:
        at: seconds since 1970.
        cards_alone: read no log.
    """
    if cards_alone:
        snapshot = Collector().collect(at)
        return replace(snapshot, advice=Advisor(hold_s={}).advise(snapshot))
    reports = Reports(waits=True)
    snapshot = Observer(Collector(), reports, Advisor(hold_s={})).observe(at)
    return snapshot if reports.source == LOG else replace(snapshot, xids=None)
