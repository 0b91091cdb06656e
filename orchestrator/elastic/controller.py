"""What the controller of an elastic cluster is told and asked, over SSH: to stop no host for a while, and which it has stopped."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orchestrator.errors import OrchestrateError
from orchestrator.journal import Journal
from orchestrator.models import Host, HostState, InstanceStatus, Plan
from orchestrator.remote import Completed, shell_of
from orchestrator.sanitize import sanitized_json, sanitized_line, sanitized_time

PROGRAM = ("/usr/local/lib/orchestrate/gpuhost", "elastic")
"""Role `slurm` puts it there."""
HELD_MINUTES = 180
"""A command that ends, also by failing, ends the hold; one that is killed leaves it to lapse."""
_MOST_HOURS = 1e6
_SAME = timedelta(minutes=1)
"""A run begins with the launch, or after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElasticRun:
    """One run of a host that Slurm stopped or somebody else did, as the controller has it."""

    host: str
    instance: str
    began: datetime
    ended: datetime
    why: str


@contextmanager
def held(plan: Plan, hosts: Iterable[Host], journal: Journal) -> Iterator[None]:
    """No host is stopped for being idle meanwhile: somebody works on them past Slurm. Where nothing is set up yet, nothing is held."""
    if plan.cluster is None or plan.cluster.elastic is None:
        yield
        return
    controller = _controller(plan, hosts, journal)
    _asked(controller, journal, "hold", "--minutes", str(HELD_MINUTES))
    try:
        yield
    finally:
        _asked(controller, journal, "hold", "--minutes", "0")


def stopped_by_slurm(plan: Plan | None, hosts: Iterable[Host]) -> tuple[str, ...]:
    """The names of the hosts that are stopped while their cluster's controller runs."""
    if plan is None or plan.cluster is None or plan.cluster.elastic is None:
        return ()
    states = {host.name: host.state for host in hosts}
    if states.get(plan.cluster.controller) is not HostState.RUNNING:
        return ()
    return tuple(name for name in plan.cluster.compute if states.get(name) is HostState.STOPPED)


def finished_runs(plan: Plan | None, hosts: Iterable[Host], journal: Journal) -> tuple[ElasticRun, ...]:
    """The controller's receipts; none where it does not answer, or answers what cannot be read."""
    if plan is None or plan.cluster is None or plan.cluster.elastic is None:
        return ()
    answer = _asked(_controller(plan, hosts, journal), journal, "status", "--json")
    if answer is None or answer.exit_code != 0:
        return ()
    try:
        return tuple(map(_run, sanitized_json(answer.stdout)["runs"]))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return ()


def statuses(runs: Iterable[ElasticRun], known: Iterable[InstanceStatus]) -> tuple[InstanceStatus, ...]:
    """What the ledger lacks of these runs, as a provider would have said it: EC2 itself shows the last run of an instance alone."""
    last: dict[str, InstanceStatus] = {}
    ended = set[tuple[str, datetime]]()
    for each in known:
        last[each.id] = each
        if each.started_at is not None and each.run_ended_at is not None:
            ended.add((each.id, each.started_at))
    return tuple(
        replace(
            last[run.instance],
            at=run.ended,
            state="stopped",
            started_at=run.began,
            run_ended_at=run.ended,
            dated_by_console=False,
            reason="",
            message=run.why,
        )
        for run in runs
        if run.instance in last
        and (run.instance, run.began) not in ended
        and run.began >= (last[run.instance].created_at or run.began) - _SAME
    )


def _run(said: dict[str, object]) -> ElasticRun:
    began, ended = sanitized_time(said["began"]), sanitized_time(said["ended"])
    if began is None or ended is None or ended < began:
        raise ValueError("no times")
    if (ended - began).total_seconds() > _MOST_HOURS * 3600:
        raise ValueError("no run that can be meant")
    return ElasticRun(
        host=sanitized_line(str(said["host"])),
        instance=sanitized_line(str(said["instance"])),
        began=began,
        ended=ended,
        why=sanitized_line(str(said["why"]), limit=200),
    )


def _controller(plan: Plan, hosts: Iterable[Host], journal: Journal) -> Host | None:
    """With its key on record, where it runs."""
    known = {host.name: host for host in journal.load("hosts", tuple[Host, ...]) or ()}
    name = plan.cluster.controller if plan.cluster else ""
    now = next((host for host in hosts if host.name == name), known.get(name))
    if now is None or now.state is not HostState.RUNNING or not now.address:
        return None
    return replace(now, host_key=known[name].host_key) if name in known else now


def _asked(controller: Host | None, journal: Journal, *words: str) -> Completed | None:
    if controller is None:
        return None
    try:
        with closing(shell_of(controller, key=journal.keys / "id_ed25519")) as shell:
            return shell.run_as_root((*PROGRAM, *words))
    except OrchestrateError:
        return None
