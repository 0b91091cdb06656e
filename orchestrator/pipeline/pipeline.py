"""The order of the stages, the lock around them, and what is remembered in between. Prints nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from orchestrator.answer import Typed
from orchestrator.computer.processes import end_marked
from orchestrator.config import FleetSpec
from orchestrator.elastic import held
from orchestrator.errors import UsageError
from orchestrator.journal import Journal
from orchestrator.models import Bill, ConvergeResult, Hardware, Host, PhaseTime, Plan, Receipt, ReceiptLine
from orchestrator.pipeline.costs import billed_or_on_record, receipt, record_statuses
from orchestrator.pipeline.host_facts import HostFactsReader, own_architecture
from orchestrator.pipeline.outcome import Outcome, Until, count_of
from orchestrator.pipeline.previous_runs import (
    is_unchanged,
    previous_evidence,
    quick_workloads,
    refuse_other_provider,
    same_hosts,
    save_proof,
)
from orchestrator.pipeline.recheck import heed
from orchestrator.progress import Progress
from orchestrator.providers.base import Provider, ReleaseAction
from orchestrator.stages.certify import certify
from orchestrator.stages.converge import RoleRunner
from orchestrator.stages.deliver import deliver
from orchestrator.stages.inventory import inventory
from orchestrator.stages.launch import launch
from orchestrator.stages.launch.leaving import leave_cluster
from orchestrator.stages.plan import STACK_ROLES, PlanContext, plan, with_launched_types
from orchestrator.stages.preflight import install_paths, refuse_blocked
from orchestrator.stages.report import RunRecord
from orchestrator.stages.validate import validate


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
        key = None if spec.cloud == "onprem" else journal.keys / "id_ed25519"
        self._facts_reader = HostFactsReader(key)
        self._roles = RoleRunner(journal, progress, key)
        self._phases: list[PhaseTime] = []

    def plan(self, local_vars: dict[str, object], typed: Typed, *, detailed: bool = False) -> Plan:
        """Decide what `up` would do. Writes nothing, creates nothing; hosts that exist are asked for their cards.

        Args:
            local_vars: role variables that follow from this computer.
            typed: the command that plans, for the ways out of a refusal.
            detailed: name everything that would be made.

        Raises:
            UsageError: the fleet exists, in another place.
            RefusedError: no stack works for a host's cards and the wishes.
        """
        earlier = self._journal.load("plan", Plan)
        if earlier:
            refuse_other_provider(self._spec, earlier)
        token = earlier.token if earlier else f"{self._spec.name}-{token_hex(6)}"
        context = PlanContext(
            token=token,
            typed=typed,
            architecture=own_architecture(),
            local_vars=local_vars,
            earlier=earlier,
            hardware=self._hardware(),
            detailed=detailed,
        )
        return plan(self._spec, self._provider, context)

    def up(self, planned: Plan, *, until: Until, validated: bool, full: bool = False) -> Outcome:
        """Go from whatever is there to a fleet that is proven to train; what holds already is left alone.

        Args:
            planned: what `plan` returned and the user agreed to.
            until: the last stage to run.
            validated: False leaves out the training.
            full: apply the roles even to hosts that are as their last run left them.
        """
        with self._locked("orchestrate up"):
            leave_cluster(planned, self._journal, self._progress)
            settled = is_unchanged(self._journal, planned)
            self._journal.save("plan", planned)
            with self._phase("launch", count_of(len(planned.hosts), "host")):
                hosts = self._launch(planned)
                settled = settled and same_hosts(self._journal, hosts)
                if not settled:
                    self._journal.discard("certificate")
                self._journal.save("hosts", hosts)
                planned = with_launched_types(planned, hosts)
                inventories = self._write_inventories(planned, hosts)
            if until is Until.LAUNCH:
                return self._outcome(hosts)
            # Hosts that existed were asked for the plan already; others are asked when something is new.
            if planned.stacks and (planned.cloud == "onprem" or not settled):
                self._run_preflight(planned, hosts)
            with held(planned, hosts, self._journal):
                with self._phase("converge", ", ".join(planned.roles)):
                    converged = self._roles.apply(planned, hosts, inventories, full=full)
                if until is Until.CONVERGE or not validated:
                    return self._outcome(hosts, converged)
                quick = settled and not converged.changed
                return self._validate_and_certify(planned, hosts, converged, quick=quick)

    def validate(self, *, quick: bool) -> Outcome:
        """Train again on the hosts as they are, and certify them anew.

        Raises:
            UsageError: the fleet was not brought up.
        """
        planned = self._journal.load("plan", Plan)
        converged = self._journal.load("converge", ConvergeResult)
        if planned is None or converged is None:
            raise UsageError(f"fleet {self._spec.name} is not up", f"orchestrate up --name {self._spec.name}")
        with self._locked("orchestrate validate"):
            with self._phase("launch", "looking for the hosts"):
                hosts = self._launch(planned)
                planned = with_launched_types(planned, hosts)
                if not same_hosts(self._journal, hosts):
                    self._journal.discard("certificate")
                    self._journal.save("hosts", hosts)
                    self._write_inventories(planned, hosts)
            with held(planned, hosts, self._journal):
                return self._validate_and_certify(planned, hosts, converged, quick=quick)

    def move(self, action: ReleaseAction) -> tuple[ReceiptLine, ...]:
        """Stop or start the fleet's hosts; return a line for each."""
        with self._locked(f"orchestrate {action}"):
            # Before as well: a run that ends, or an earlier one that ended unseen, is dated by what is seen of it.
            record_statuses(self._provider, self._journal)
            lines = self._provider.release(self._spec.name, action)
            record_statuses(self._provider, self._journal)
        return lines

    def down(self) -> Receipt:
        """Take everything away that the fleet owns, and prove it. The record is set aside when nothing is left."""
        with self._locked("orchestrate down"):
            record_statuses(self._provider, self._journal)
            ours = self._spec.cloud != "onprem"
            lines = self._provider.release(self._spec.name, ReleaseAction.TERMINATE) if ours else ()
            made = receipt(self._spec.name, lines, self.bill())
            self._journal.save("receipt", made)
            if made.all_gone:
                self._journal.end()
        return made

    def bill(self) -> Bill:
        """What the fleet has cost and costs an hour now; by the record alone where the provider does not answer."""
        return billed_or_on_record(self._provider, self._journal)

    def _hardware(self) -> dict[str, Hardware]:
        """Of hosts that exist before they are planned for, where a role depends on it."""
        if self._spec.cloud != "onprem" or STACK_ROLES.isdisjoint(self._spec.wanted_roles):
            return {}
        hosts = self._provider.find(self._spec.name)
        with self._phase("plan", f"asking {count_of(len(hosts), 'host')} for cards and system"):
            return self._facts_reader.hardware(hosts, install_paths(self._spec.vars))

    def _run_preflight(self, planned: Plan, hosts: tuple[Host, ...]) -> None:
        """See that nothing stands in the way, before the first change. Raises BlockedError."""
        with self._phase("preflight", "what stands in the way"):
            found = self._facts_reader.preflight(planned, hosts)
            self._journal.save("preflight", found)
            refuse_blocked(found.obstacles)
            for obstacle in found.obstacles:
                self._progress.note(f"{obstacle.host}: {obstacle.seen}; {obstacle.hint}")

    def _validate_and_certify(
        self, planned: Plan, hosts: tuple[Host, ...], converged: ConvergeResult, *, quick: bool
    ) -> Outcome:
        if quick:
            heed(self._journal, hosts, self._progress)
        earlier = previous_evidence(self._journal, planned, hosts, now=datetime.now(UTC), quick=quick)
        workloads = quick_workloads(planned) if earlier.runs else planned.workloads
        with self._phase("validate", ", ".join(request.workload for request in workloads)):
            runs = validate(planned, hosts, workloads, self._journal, self._progress)
        certificate = certify(
            planned,
            runs,
            hosts=tuple(host.name for host in hosts),
            issued_at=datetime.now(UTC),
            earlier=earlier,
        )
        with self._phase("report", certificate.headline):
            record = RunRecord(
                certificate=certificate,
                plan=planned,
                hosts=hosts,
                converge=converged,
                runs=(*runs, *earlier.runs),
                phases=tuple(self._phases),
                orchestrate_version=self._version,
                generated_at=datetime.now(UTC),
            )
            paths = save_proof(self._journal, record)
            deliver(hosts, self._journal, self._progress, plan=planned, runs=record.runs)
        return Outcome(
            record=record, paths=paths, hosts=hosts, converged=converged, phases=tuple(self._phases)
        )

    def _launch(self, planned: Plan) -> tuple[Host, ...]:
        hosts = launch(planned, self._provider, self._journal, self._progress)
        record_statuses(self._provider, self._journal)
        return hosts

    def _write_inventories(self, planned: Plan, hosts: tuple[Host, ...]) -> tuple[Path, ...]:
        # Ansible looks for group_vars beside the name that it is given, be that a link.
        users = (self._spec.onprem.inventory.absolute(),) if planned.cloud == "onprem" else ()
        return (*users, inventory(planned, hosts, self._journal))

    def _outcome(self, hosts: tuple[Host, ...], converged: ConvergeResult | None = None) -> Outcome:
        return Outcome(record=None, paths=None, hosts=hosts, converged=converged, phases=tuple(self._phases))

    @contextmanager
    def _locked(self, command: str) -> Iterator[None]:
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
