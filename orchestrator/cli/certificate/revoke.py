"""`orchestrate revoke`: take a certificate back, for a reason that no check knew."""

from datetime import UTC, datetime
from pathlib import Path

import click

from orchestrator.cli.context import journal_of, read_existing_spec
from orchestrator.cli.display import progress_display
from orchestrator.cli.options import config_option, json_option, name_option
from orchestrator.cli.render import print_json
from orchestrator.errors import ExitCode, UsageError
from orchestrator.sanitize import sanitized_line


@click.command()
@name_option
@config_option
@json_option
@click.option("--reason", default="", help="Why, in one line; it has to be given.")
@click.argument("host", required=False)
def revoke(*, name: str | None, config: Path | None, as_json: bool, reason: str, host: str | None) -> int:
    """Take the fleet's certificate back, because of HOST or of the whole fleet. `orchestrate validate` makes a new one."""
    from orchestrator.pipeline.previous_runs import revoke_proof
    from orchestrator.pipeline.recheck import tell
    from orchestrator.stages.report import summary_lines

    spec = read_existing_spec(config, {"name": name})
    journal, why = journal_of(spec), sanitized_line(reason, limit=300)
    if not why:
        raise UsageError("a certificate is not revoked without a reason", "--reason 'what was seen'")
    with progress_display(moving=False) as progress:
        with journal.hold("orchestrate revoke"):
            journal.record("revoke", {"host": host or "", "reason": why})
            record = revoke_proof(journal, reason=why, host=host or "", now=datetime.now(UTC))
        tell(record, journal, progress)
    if as_json:
        return print_json({"certificate": record.certificate})
    for line in summary_lines(record, journal.folder / "report.html"):
        click.echo(line)
    return ExitCode.OK
