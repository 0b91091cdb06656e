"""What hosts found of their certificate since it was issued, and what follows: one that a host revoked is revoked here too.

Over SSH, all hosts at once. What a host does not say, or says in a way that nobody can read, never holds.
"""

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from orchestrator.errors import OrchestrateError
from orchestrator.journal import Journal
from orchestrator.models import Certificate, Host, HostStanding, Plan, StandingState, Verdict
from orchestrator.pipeline.previous_runs import revoke_proof
from orchestrator.progress import Progress
from orchestrator.remote import Shell, shell_of
from orchestrator.sanitize import sanitized_json, sanitized_line, sanitized_time
from orchestrator.stages.deliver import deliver, is_rechecked, is_shown
from orchestrator.stages.report import RunRecord
from orchestrator.waiting import for_each

ASK = ("/usr/local/lib/orchestrate/gpuhost", "recheck", "status", "--json")
_MOST_REASONS = 20


def looks_after(journal: Journal) -> bool:
    """Whether the fleet has a PASS on record that its hosts look after."""
    planned, certificate = journal.load("plan", Plan), journal.load("certificate", Certificate)
    if planned is None or certificate is None:
        return False
    return is_rechecked(planned) and certificate.verdict is Verdict.PASS


def read_standings(journal: Journal, hosts: tuple[Host, ...]) -> tuple[HostStanding, ...]:
    """Ask every host; one that does not answer says so as a reason."""

    def ask(host: Host) -> HostStanding:
        try:
            with closing(shell_of(host, key=journal.private_key)) as shell:
                return read_standing(host.name, shell)
        except OrchestrateError as error:
            return _unknown(host.name, f"it was not asked: {error.cause}", error.hint)

    return for_each(hosts, ask)


def read_standing(host: str, shell: Shell) -> HostStanding:
    """Ask one. Raises UnreachableError."""
    answer = shell.run(ASK)
    if answer.exit_code != 0:
        said = sanitized_line(answer.stderr, limit=200) or f"exit code {answer.exit_code}"
        return _unknown(host, f"it does not look after it: {said}", "orchestrate up --full")
    try:
        return parse_standing(host, sanitized_json(answer.stdout))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return _unknown(host, "it says what cannot be read", "orchestrate up --full")


def parse_standing(host: str, said: dict[str, Any]) -> HostStanding:
    """Raises ValueError, KeyError, TypeError, AttributeError or OverflowError where it is not what `gpuhost recheck` says."""
    reasons = said["reasons"][:_MOST_REASONS]
    state = StandingState(said["state"])
    if (state is StandingState.HOLDS) is bool(reasons):
        raise ValueError("what holds has no reason, and all else has one")
    return HostStanding(
        host=host,
        state=state,
        reasons=tuple(_line(each["seen"]) for each in reasons),
        actions=tuple(dict.fromkeys(_line(each["action"]) for each in reasons)),
        looked_at=sanitized_time(said["looked_at"]),
        proved_at=sanitized_time(said["proved_at"]),
        note=_line(said["note"]),
    )


def heed(journal: Journal, hosts: tuple[Host, ...], progress: Progress) -> None:
    """Take the certificate back that a host has revoked, before anything of it is carried over. The fleet is held."""
    if looks_after(journal):
        for standing in revoked(read_standings(journal, hosts)):
            progress.note(f"{standing.host} has revoked its certificate: {'; '.join(standing.reasons)}")
            _revoke(journal, standing)
            return


def record_revocation(
    journal: Journal, standings: Iterable[HostStanding], progress: Progress
) -> RunRecord | None:
    """The fleet's certificate is taken back where a host has revoked it, and its hosts are told; None where none has.

    Raises:
        FleetBusyError: another command changes the fleet; the host keeps what it found.
    """
    for standing in revoked(standings):
        with journal.hold("orchestrate status"):
            record = _revoke(journal, standing)
        tell(record, journal, progress)
        return record
    return None


def revoked(standings: Iterable[HostStanding]) -> tuple[HostStanding, ...]:
    """Those that say so."""
    return tuple(each for each in standings if each.state is StandingState.REVOKED)


def tell(record: RunRecord, journal: Journal, progress: Progress) -> None:
    """Put the revoked certificate where hosts show the one before it, or look after that."""
    if is_shown(record.plan) or is_rechecked(record.plan):
        deliver(record.hosts, journal, progress, plan=record.plan, runs=record.runs)


def _revoke(journal: Journal, standing: HostStanding) -> RunRecord:
    why = sanitized_line("; ".join(standing.reasons), limit=300)
    journal.record("revoke", {"host": standing.host, "reason": why})
    return revoke_proof(journal, reason=why, host=standing.host, now=datetime.now(UTC))


def _unknown(host: str, why: str, action: str) -> HostStanding:
    return HostStanding(host=host, state=StandingState.UNKNOWN, reasons=(why,), actions=(action,))


def _line(said: object) -> str:
    return sanitized_line(str(said), limit=300)
