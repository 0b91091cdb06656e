"""The order of the stages, the lock around them, and what is remembered in between. Prints nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from secrets import token_hex

from orchestrator.computer.processes import end_marked
from orchestrator.config import FleetSpec
from orchestrator.errors import UsageError
from orchestrator.journal import Journal
from orchestrator.models import (
    Certificate,
    ConvergeResult,
    Host,
    PhaseTime,
    Plan,
    Receipt,
    Verdict,
    WorkloadRequest,
    WorkloadRun,
)
from orchestrator.progress import Progress
from orchestrator.providers.base import Provider, ReleaseAction
from orchestrator.stages.certify import certify
from orchestrator.stages.converge import converge
from orchestrator.stages.inventory import inventory
from orchestrator.stages.launch import launch
from orchestrator.stages.plan import plan
from orchestrator.stages.report import ReportPaths, RunRecord, write_report
from orchestrator.stages.validate import validate

QUICK_WORKLOAD = "smoke"
"""What is re-run when nothing changed since a PASS; the training it carries over is dated in the certificate."""


class Until(StrEnum):
    """The last stage that `up` runs."""

    LAUNCH = "launch"
    CONVERGE = "converge"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What `up` or `validate` came to."""

    record: RunRecord | None
    """None where the run ended before `certify`."""
    paths: ReportPaths | None
    hosts: tuple[Host, ...]
    converged: ConvergeResult | None
    phases: tuple[PhaseTime, ...]


class Pipeline:
    """One fleet on its way through the stages.

    Args:
        spec: what the user wants.
        provider: where its hosts come from.
        journal: its memory.
        progress: told what happens.
        version: this program's version, for the report.
    """

    def __init__(
        self, spec: FleetSpec, provider: Provider, journal: Journal, progress: Progress, *, version: str
    ) -> None:
        self._spec = spec
        self._provider = provider
        self._journal = journal
        self._progress = progress
        self._version = version
        self._phases: list[PhaseTime] = []

    def plan(self, surroundings_vars: dict[str, object]) -> Plan:
        """Decide what `up` would do. Writes nothing, creates nothing.

        Raises:
            UsageError: the fleet exists, in another place.
        """
        earlier = self._journal.load("plan", Plan)
        if earlier and earlier.cloud != self._spec.cloud:
            raise UsageError(
                f"fleet {earlier.fleet} is on {earlier.cloud}, not on {self._spec.cloud}",
                f"orchestrate down --name {earlier.fleet} first, or choose another --name",
            )
        token = earlier.token if earlier else f"{self._spec.name}-{token_hex(6)}"
        return plan(self._spec, self._provider, token=token, surroundings_vars=surroundings_vars)

    def up(self, planned: Plan, *, until: Until, validated: bool) -> Outcome:
        """Go from whatever is there to a fleet that is proven to train; what holds already is left alone.

        Args:
            planned: what `plan` returned and the user agreed to.
            until: the last stage to run.
            validated: False leaves out the training; an earlier certificate stands only if nothing changed.
        """
        with self._held("orchestrate up"):
            settled = self._is_settled(planned)
            self._journal.save("plan", planned)
            with self._phase("launch", _count(len(planned.hosts), "host")):
                hosts = launch(planned, self._provider, self._journal, self._progress)
                settled = settled and self._journal.load("hosts", tuple[Host, ...]) == hosts
                if not settled:
                    self._journal.discard("certificate")
                self._journal.save("hosts", hosts)
                inventories = self._inventories(planned, hosts)
            if until is Until.LAUNCH:
                return self._outcome(hosts)
            with self._phase("converge", ", ".join(planned.roles)):
                self._journal.discard("converge")
                converged = converge(planned, inventories, self._journal, self._progress)
                if converged.changed:
                    self._journal.discard("certificate")
                self._journal.save("converge", converged)
            if until is Until.CONVERGE or not validated:
                return self._outcome(hosts, converged)
            return self._prove(planned, hosts, converged, quick=settled and not converged.changed)

    def validate(self, *, quick: bool) -> Outcome:
        """Train again on the hosts as they are, and certify them anew.

        Raises:
            UsageError: the fleet was not brought up.
        """
        planned = self._journal.load("plan", Plan)
        converged = self._journal.load("converge", ConvergeResult)
        if planned is None or converged is None:
            raise UsageError(f"fleet {self._spec.name} is not up", f"orchestrate up --name {self._spec.name}")
        with self._held("orchestrate validate"):
            with self._phase("launch", "looking for the hosts"):
                hosts = launch(planned, self._provider, self._journal, self._progress)
                if hosts != self._journal.load("hosts", tuple[Host, ...]):
                    self._journal.discard("certificate")
                    self._journal.save("hosts", hosts)
                    self._inventories(planned, hosts)
            return self._prove(planned, hosts, converged, quick=quick)

    def down(self) -> Receipt:
        """Take everything away that the fleet owns, and prove it. The record is set aside when nothing is left."""
        with self._held("orchestrate down"):
            lines = (
                ()
                if self._spec.cloud == "onprem"
                else self._provider.release(self._spec.name, ReleaseAction.TERMINATE)
            )
            receipt = Receipt(fleet=self._spec.name, issued_at=datetime.now(UTC), lines=lines)
            self._journal.save("receipt", receipt)
            if receipt.all_gone:
                self._journal.end()
        return receipt

    def _prove(
        self, planned: Plan, hosts: tuple[Host, ...], converged: ConvergeResult, *, quick: bool
    ) -> Outcome:
        carried = self._carried(planned) if quick else ()
        workloads = _quick(planned.workloads) if carried else planned.workloads
        with self._phase("validate", ", ".join(request.workload for request in workloads)):
            runs = validate(planned, hosts, workloads, self._journal, self._progress)
        certificate = certify(
            planned,
            runs,
            hosts=tuple(host.name for host in hosts),
            issued_at=datetime.now(UTC),
            carried=carried,
        )
        everything = (*runs, *carried)
        self._journal.save("runs", everything)
        self._journal.save("certificate", certificate)
        with self._phase("report", certificate.headline):
            record = RunRecord(
                certificate=certificate,
                plan=planned,
                hosts=hosts,
                converge=converged,
                runs=everything,
                phases=tuple(self._phases),
                orchestrate_version=self._version,
                generated_at=datetime.now(UTC),
            )
            self._journal.save("record", record)
            paths = write_report(record, self._journal.folder)
        return Outcome(
            record=record, paths=paths, hosts=hosts, converged=converged, phases=tuple(self._phases)
        )

    def _carried(self, planned: Plan) -> tuple[WorkloadRun, ...]:
        """Earlier runs that still stand: of a certificate that is PASS, without those that are repeated now."""
        certificate = self._journal.load("certificate", Certificate)
        if certificate is None or certificate.verdict is not Verdict.PASS or not _quick(planned.workloads):
            return ()
        runs = self._journal.load("runs", tuple[WorkloadRun, ...]) or ()
        return tuple(run for run in runs if run.request.workload != QUICK_WORKLOAD)

    def _is_settled(self, planned: Plan) -> bool:
        """True when the last `up` ended, and meant the same."""
        return (
            self._journal.load("plan", Plan) == planned
            and self._journal.load("converge", ConvergeResult) is not None
        )

    def _inventories(self, planned: Plan, hosts: tuple[Host, ...]) -> tuple[Path, ...]:
        ours = inventory(planned, hosts, self._journal)
        return (self._spec.onprem.inventory.resolve(), ours) if planned.cloud == "onprem" else (ours,)

    def _outcome(self, hosts: tuple[Host, ...], converged: ConvergeResult | None = None) -> Outcome:
        return Outcome(record=None, paths=None, hosts=hosts, converged=converged, phases=tuple(self._phases))

    @contextmanager
    def _held(self, command: str) -> Iterator[None]:
        """The fleet is ours alone, and what a killed run left running here is ended."""
        with self._journal.hold(command):
            end_marked(self._journal.folder)
            self._journal.record("begin", {"command": command})
            yield

    @contextmanager
    def _phase(self, name: str, detail: str) -> Iterator[None]:
        self._progress.stage(name, detail)
        began = time.monotonic()
        yield
        self._phases.append(PhaseTime(phase=name, seconds=round(time.monotonic() - began, 2)))


def _quick(workloads: tuple[WorkloadRequest, ...]) -> tuple[WorkloadRequest, ...]:
    return tuple(request for request in workloads if request.workload == QUICK_WORKLOAD)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
