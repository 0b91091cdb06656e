"""What hosts found of the certificate since it was issued, as `status` asks and shows it, and as `verify` reads it from a file."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import click

from orchestrator.cli.certificate.verify import signers_of
from orchestrator.errors import OrchestrateError
from orchestrator.journal import Journal
from orchestrator.models import Certificate, Host, HostStanding, StandingState
from orchestrator.progress import Progress
from orchestrator.sanitize import sanitized_line


def asked_standings(
    journal: Journal, hosts: tuple[Host, ...], progress: Progress
) -> tuple[HostStanding, ...]:
    """What these hosts say; one that has revoked the certificate has it revoked on record too.

    Args:
        journal: of the fleet.
        hosts: those that run.
        progress: told of hosts that do not take the revoked certificate, and where it could not be put on record.
    """
    from orchestrator.pipeline.previous_runs import STANDINGS
    from orchestrator.pipeline.recheck import looks_after, read_standings, record_revocation

    if not hosts or not looks_after(journal):
        return ()
    standings = read_standings(journal, hosts)
    try:
        record_revocation(journal, standings, progress)
    except OrchestrateError as error:
        progress.note(f"the revocation is not on record yet: {error.cause}")
    journal.save(STANDINGS, standings)
    return standings


def signed_by(journal: Journal) -> tuple[str, ...]:
    """The hosts that signed the certificate on record; none where that cannot be told."""
    try:
        return signers_of(journal)
    except OrchestrateError:
        return ()


def print_standings(standings: tuple[HostStanding, ...]) -> None:
    """A line for each host, and why and what to do where it does not hold."""
    for standing in standings:
        looked_at = f", looked at {standing.looked_at:%Y-%m-%d %H:%M} UTC" if standing.looked_at else ""
        proved_at = f", proved again {standing.proved_at:%Y-%m-%d %H:%M} UTC" if standing.proved_at else ""
        click.echo(f"  {standing.host}: {standing.state}{looked_at}{proved_at}")
        for reason in standing.reasons:
            click.echo(f"    {reason}")
        for action in standing.actions:
            click.echo(f"    try: {action}")
        if standing.note:
            click.echo(f"    {standing.note}")


def against(standing: Path, certificate: bytes, keys: Mapping[str, str]) -> tuple[str, ...]:
    """What a standing that was sent with a certificate says against it.

    Args:
        standing: the file, whose signature has `.sig` behind its name.
        certificate: the other file.
        keys: public host keys, by host.

    Raises:
        OrchestrateError: there is no ssh-keygen on this computer.
    """
    from orchestrator.pipeline.recheck import parse_standing
    from orchestrator.sanitize import sanitized_json
    from orchestrator.stages.deliver.signatures import STANDING_NAMESPACE, signer

    content, signature = standing.read_bytes(), standing.with_name(f"{standing.name}.sig")
    signed = signature.is_file() and signer(content, signature.read_bytes(), keys, STANDING_NAMESPACE)
    if not signed:
        return (f"{standing.name} is no standing that its host signed",)
    try:
        told = sanitized_json(content)
        found = parse_standing(signed, told)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return (f"{standing.name} cannot be read",)
    if told["certificate"] != hashlib.sha256(certificate).hexdigest():
        return (f"{standing.name} is of another certificate",)
    if found.state is StandingState.HOLDS:
        return ()
    return tuple(sanitized_line(f"{signed} says that it is {found.state}: {why}") for why in found.reasons)


def print_signers(certificate: Certificate, signers: tuple[str, ...]) -> None:
    """Who signed it; of one that proves nothing, nobody asks."""
    if certificate.valid_until:
        click.echo(
            f"  signed by {', '.join(signers)}" if signers else "  nobody signed it that is known here"
        )
