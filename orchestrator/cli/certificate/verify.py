"""`orchestrate verify`: whether a certificate is what its hosts signed, and still holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from orchestrator.cli.connect.hosts import name_option as named
from orchestrator.cli.context import journal_of, read_existing_spec
from orchestrator.cli.options import config_option, json_option, name_option
from orchestrator.cli.render import print_json
from orchestrator.errors import ExitCode, UsageError
from orchestrator.journal import Journal, read_value, state_dir
from orchestrator.models import Certificate, Host, Verdict
from orchestrator.sanitize import sanitized_line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A certificate and who is said to have signed it."""

    file: Path
    content: bytes
    certificate: Certificate
    signatures: tuple[Path, ...]
    standing: Path | None = None
    """What a host found of it since, where that lies beside it."""


@click.command()
@name_option
@config_option
@json_option
@click.option(
    "--signature",
    type=click.Path(path_type=Path),
    help="Its signature.  [default: CERTIFICATE with .sig behind it]",
)
@click.option(
    "--host-key",
    "host_keys",
    multiple=True,
    metavar="'ssh-ed25519 AAAA…'",
    help="A host's public key, where its fleet is not on record here; may be repeated.",
)
@click.argument("certificate", required=False, type=click.Path(path_type=Path))
def verify(
    *,
    name: str | None,
    config: Path | None,
    as_json: bool,
    signature: Path | None,
    host_keys: tuple[str, ...],
    certificate: Path | None,
) -> int:
    """Say whether CERTIFICATE is what its hosts signed, and still holds.

    CERTIFICATE is a certificate.json with its signature beside it, as hosts have them in /var/lib/orchestrate/certificate.
    Where their standing.json lies beside it too, with its signature, what it says counts. Without CERTIFICATE, the fleet's
    own on this computer is looked at.
    """
    from orchestrator.stages.deliver.signatures import signer

    if certificate is None:
        journal = journal_of(read_existing_spec(config, {"name": name}))
        shown = _of_fleet(journal)
    else:
        shown = _of_file(certificate, signature)
        journal = Journal(shown.certificate.fleet, state_dir())
    keys = _keys(journal, host_keys)
    signers = {path: signer(shown.content, path.read_bytes(), keys) for path in shown.signatures}
    now = datetime.now(UTC)
    problems = (*_unsigned(signers, keys), *_ended(shown.certificate, now), *_lost(shown, keys))
    if as_json:
        print_json(
            {
                "certificate": shown.certificate.headline,
                "signed_by": sorted(set(filter(None, signers.values()))),
                "problems": problems,
            }
        )
    else:
        _print(shown, signers, problems)
    return ExitCode.CHECKS_FAILED if problems else ExitCode.OK


def signers_of(journal: Journal) -> tuple[str, ...]:
    """The fleet's hosts that signed the certificate on record, by the keys on record. Raises as `verify`."""
    shown, keys = _of_fleet(journal), _keys(journal, ())
    from orchestrator.stages.deliver.signatures import signer

    found = (signer(shown.content, path.read_bytes(), keys) for path in shown.signatures)
    return tuple(sorted(set(filter(None, found))))


def _of_fleet(journal: Journal) -> _Shown:
    from orchestrator.stages.deliver.signatures import SIGNATURES

    file = journal.folder / "certificate.json"
    if not file.exists():
        raise UsageError(
            f"fleet {journal.fleet} has no certificate here", f"orchestrate validate{named(journal.fleet)}"
        )
    signatures = tuple(sorted((journal.folder / SIGNATURES).glob("*.sig")))
    return _shown(file, signatures)


def _of_file(file: Path, signature: Path | None) -> _Shown:
    signature = signature or file.with_name(f"{file.name}.sig")
    for path in (file, signature):
        if not path.is_file():
            raise UsageError(f"there is no {path}", "name both: CERTIFICATE and --signature FILE")
    standing = file.with_name("standing.json")
    return replace(_shown(file, (signature,)), standing=standing if standing.is_file() else None)


def _shown(file: Path, signatures: tuple[Path, ...]) -> _Shown:
    read = read_value(file, Certificate, "name a certificate.json as `orchestrate validate` writes it")
    return _Shown(file=file, content=file.read_bytes(), certificate=read, signatures=signatures)


def _keys(journal: Journal, given: tuple[str, ...]) -> dict[str, str]:
    """By host: those that were given, else those on record."""
    if given:
        return {f"key {number}": key for number, key in enumerate(given, start=1)}
    from orchestrator.remote.host_keys import on_record

    folder = journal.folder if journal.exists else journal.last_ended()
    file = folder / "hosts.json" if folder else None
    hosts = read_value(file, tuple[Host, ...], "") if file and file.exists() else ()
    found = {host.name: host.host_key or on_record(host.address, host.port or 22) for host in hosts}
    known = {host: key for host, key in found.items() if key}
    if not known:
        raise UsageError(
            f"no host key of fleet {journal.fleet} is on record here",
            '--host-key "$(ssh HOST cat /etc/ssh/ssh_host_ed25519_key.pub)", from a host that you know',
        )
    return known


def _unsigned(signers: Mapping[Path, str], keys: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong with its signatures."""
    if not signers:
        return ("no host signed it",)
    whose = "the hosts' keys on record" if len(keys) > 1 else "the host's key on record"
    return tuple(
        f"{path.name} is no signature over it by {whose}: it is forged, was changed since, or is of other hosts"
        for path, host in signers.items()
        if not host
    )


def _ended(certificate: Certificate, now: datetime) -> tuple[str, ...]:
    if certificate.revoked:
        return (f"it was revoked: {certificate.revoked.reason}",)
    if certificate.verdict is not Verdict.PASS:
        return (f"it proves nothing: it is {certificate.verdict}",)
    if certificate.valid_until is None or certificate.valid_until <= now:
        return ("it has expired",)
    return ()


def _lost(shown: _Shown, keys: Mapping[str, str]) -> tuple[str, ...]:
    """What its host says against it in the standing beside it."""
    from orchestrator.cli.certificate.standing import against

    return against(shown.standing, shown.content, keys) if shown.standing else ()


def _print(shown: _Shown, signers: Mapping[Path, str], problems: tuple[str, ...]) -> None:
    click.echo(sanitized_line(shown.certificate.headline))
    signed = sorted(set(filter(None, signers.values())))
    if signed:
        click.echo(f"  signed by {', '.join(signed)}")
    until = shown.certificate.valid_until
    if until:
        click.echo(f"  valid until {until:%Y-%m-%d %H:%M} UTC")
    for problem in problems:
        click.echo(f"  {sanitized_line(problem)}")
    if problems:
        click.echo(f"  try: orchestrate validate{named(shown.certificate.fleet)}")
