"""Commands about this computer: doctor, catalog, schema."""

from pathlib import Path

import click

from orchestrator.cli.context import read_spec
from orchestrator.cli.options import config_option, json_option
from orchestrator.cli.render import print_json
from orchestrator.errors import ExitCode


@click.command()
@click.option("--fix", is_flag=True, help="Install and start what is missing; says each command first.")
@config_option
@json_option
def doctor(*, fix: bool, config: Path | None, as_json: bool) -> int:
    """Say what is missing on this computer, and the command that mends it."""
    from orchestrator.doctor import Condition, examine, exit_code, fix_and_examine
    from orchestrator.providers.sandbox.support import limits_of
    from orchestrator.providers.settings import SandboxSettings

    spec = read_spec(config, {})
    engine = spec.sandbox.engine if spec.cloud == "sandbox" else None
    limits = limits_of(SandboxSettings(cpus=spec.sandbox.cpus, memory_mib=spec.sandbox.memory_mib))
    findings = fix_and_examine(_say, engine, limits) if fix else examine(engine, limits)
    if as_json:
        print_json(findings)
        return exit_code(findings)
    for finding in findings:
        mark = "ok     " if finding.condition is Condition.OK else f"{finding.condition:7}"
        click.echo(f"{mark}  {finding.name}: {finding.seen}")
        if finding.hint:
            click.echo(f"         try: {finding.hint}")
    return exit_code(findings)


@click.command()
@json_option
def catalog(*, as_json: bool) -> int:
    """Say when the tables that answers rest on were last compared with their sources."""
    import datetime as dt

    from orchestrator.catalog import load
    from orchestrator.catalog.dates import newest, warnings

    known, today = load(), dt.datetime.now(dt.UTC).date()
    if as_json:
        return print_json({"date": newest(known.tables), "tables": known.tables})
    click.echo(f"catalog of {newest(known.tables)}")
    for row in known.tables:
        rows = len(getattr(known, row.table))
        note = f": {row.note}" if row.note else ""
        click.echo(f"  {row.table:20}{rows:5} rows  {row.compared}, {row.age_days(today)} days ago{note}")
    for old in warnings(known.tables, today):
        click.echo(old.statement)
    return ExitCode.OK


@click.command()
def schema() -> int:
    """Print the JSON Schema of fleet.yml, for editors."""
    import json

    from orchestrator.config import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
    return ExitCode.OK


def _say(text: str) -> None:
    click.echo(text, err=True)
