"""What earlier runs left on record that still stands. Reads the journal, writes nothing."""

import shutil
from dataclasses import replace
from datetime import datetime

from orchestrator.config import FleetSpec
from orchestrator.errors import UsageError
from orchestrator.journal import Journal
from orchestrator.models import (
    QUICK,
    Certificate,
    ConvergeResult,
    Host,
    Plan,
    Preflight,
    Verdict,
    WorkloadRequest,
    WorkloadRun,
)
from orchestrator.stages.certify import Earlier, revoke
from orchestrator.stages.deliver.signatures import SIGNATURES
from orchestrator.stages.plan import same_intent
from orchestrator.stages.report import ReportPaths, RunRecord, render, write_files
from orchestrator.stages.report.comparison import keep_report

STANDINGS = "standings"
"""Of the journal: what the hosts found of the certificate since it was issued, when they were asked last."""

_CARDS = "cards"
"""Of the journal: cards by the provider's id of the host."""


def is_unchanged(journal: Journal, planned: Plan) -> bool:
    """True when the last `up` ended, and meant the same."""
    earlier = journal.load("plan", Plan)
    if earlier is None or journal.load("converge", ConvergeResult) is None:
        return False
    return same_intent(earlier, planned)


def refuse_other_provider(spec: FleetSpec, earlier: Plan) -> None:
    """A fleet stays where it was made. Raises UsageError."""
    if earlier.cloud != spec.cloud:
        raise UsageError(
            f"fleet {earlier.fleet} is on {earlier.cloud}, not on {spec.cloud}",
            f"`orchestrate down --name {earlier.fleet}` first, or choose another --name",
        )
    if earlier.rehearsed != (spec.cloud == "aws" and spec.aws.rehearse):
        played = "a rehearsal" if earlier.rehearsed else "real"
        again = "add --rehearse" if earlier.rehearsed else "leave --rehearse out"
        raise UsageError(
            f"fleet {earlier.fleet} is {played}",
            f"{again}; or `orchestrate down --name {earlier.fleet}` first, or choose another --name",
        )
    if earlier.cluster and not spec.cluster.enabled:
        raise UsageError(
            f"fleet {earlier.fleet} is a cluster",
            f"add --cluster, or `enabled: true` under `cluster:`; or `orchestrate down --name {earlier.fleet}` first",
        )


def same_hosts(journal: Journal, hosts: tuple[Host, ...]) -> bool:
    """True when these are the hosts on record; what a host costs and when it ends may have changed."""
    earlier = journal.load("hosts", tuple[Host, ...]) or ()
    return tuple(map(_itself, earlier)) == tuple(map(_itself, hosts))


def _itself(host: Host) -> Host:
    return replace(host, price_usd_per_hour=0.0, ends_at=None)


def quick_workloads(planned: Plan) -> tuple[WorkloadRequest, ...]:
    """The planned jobs that are run again in any case; the training that is carried over is dated in the certificate."""
    return tuple(request for request in planned.workloads if request.workload == QUICK)


def previous_evidence(
    journal: Journal, planned: Plan, hosts: tuple[Host, ...], *, now: datetime, quick: bool
) -> Earlier:
    """What the certificate has to know from before this validation.

    Args:
        journal: of the fleet.
        planned: what is to be proved.
        hosts: as the provider has them now.
        now: the time.
        quick: carry the training of the last PASS over.
    """
    preflight = journal.load("preflight", Preflight) or Preflight(facts=(), obstacles=())
    cards = journal.load(_CARDS, dict[str, int]) or {}
    names = {host.name for host in hosts}
    return Earlier(
        runs=standing_runs(journal, planned, now=now) if quick else (),
        cards={host.name: cards[host.provider_id] for host in hosts if host.provider_id in cards},
        facts=tuple(each for each in preflight.facts if each.host in names),
        obstacles=tuple(each for each in preflight.obstacles if each.host in names),
    )


def save_proof(journal: Journal, record: RunRecord) -> ReportPaths:
    """Save certificate and report of one run: what cannot be rendered leaves those of the earlier run, both."""
    report = render(record, journal.folder)
    journal.save("runs", record.runs)
    # Of an earlier one, they would say that this one is forged.
    shutil.rmtree(journal.folder / SIGNATURES, ignore_errors=True)
    journal.save("certificate", record.certificate)
    journal.discard(STANDINGS)
    keep_report(journal, record)
    _remember_cards(journal, record)
    return write_files(report, journal.folder)


def revoke_proof(journal: Journal, *, reason: str, host: str, now: datetime) -> RunRecord:
    """Take the fleet's certificate back: in certificate.json, in the record and in every form of the report.

    Args:
        journal: of the fleet; held.
        reason: in one line.
        host: the host it is about; empty for the whole fleet.
        now: the time.

    Raises:
        UsageError: there is no certificate, it is no PASS, or the fleet has no such host.
    """
    named = f" --name {journal.fleet}"
    certificate, record = journal.load("certificate", Certificate), journal.load("record", RunRecord)
    if certificate is None or record is None:
        raise UsageError(
            f"fleet {journal.fleet} has no certificate that could be revoked", f"orchestrate status{named}"
        )
    if certificate.revoked:
        raise UsageError(certificate.headline.partition(": ")[2], f"orchestrate validate{named}")
    if certificate.verdict is not Verdict.PASS:
        raise UsageError(
            f"the certificate of fleet {journal.fleet} proves nothing that could be revoked: it is {certificate.verdict}",
            f"orchestrate report{named}",
        )
    names = [each.name for each in record.hosts]
    if host and host not in names:
        raise UsageError(
            f"fleet {journal.fleet} has no host {host}",
            f"one of {', '.join(names)}, or none for the whole fleet",
        )
    revoked = replace(record, certificate=revoke(certificate, reason=reason, host=host, at=now))
    save_proof(journal, revoked)
    return revoked


def _remember_cards(journal: Journal, record: RunRecord) -> None:
    """Keep how many cards each host was certified with, by its id: it never becomes one without them silently."""
    if record.certificate.verdict is not Verdict.PASS:
        return
    ids = {host.name: host.provider_id for host in record.hosts}
    listed = {
        ids[run.host]: sum(device.kind == "GPU" for device in run.devices)
        for run in record.runs
        if run.host in ids
    }
    known = journal.load(_CARDS, dict[str, int]) or {}
    journal.save(_CARDS, known | {key: count for key, count in listed.items() if count})


def standing_runs(journal: Journal, planned: Plan, *, now: datetime) -> tuple[WorkloadRun, ...]:
    """Earlier runs that still stand: of a certificate that is PASS and has not expired, without those that are repeated now."""
    certificate = journal.load("certificate", Certificate)
    if certificate is None or certificate.verdict is not Verdict.PASS or not quick_workloads(planned):
        return ()
    if certificate.valid_until is None or certificate.valid_until <= now:
        return ()
    runs = journal.load("runs", tuple[WorkloadRun, ...]) or ()
    return tuple(run for run in runs if run.request.workload != QUICK)
