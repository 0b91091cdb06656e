"""Commands that change a fleet or plan to: up, plan, validate, down."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.context import (
    confirm,
    end_empty_rehearsal,
    is_terminal,
    journal_of,
    local_role_vars,
    open_pipeline,
    read_existing_spec,
    read_planned_spec,
)
from orchestrator.cli.display import progress_display
from orchestrator.cli.messages.costs import costs_on_error, print_running
from orchestrator.cli.options import fleet_options, given_keys, password_options, plan_options, typed_command
from orchestrator.cli.owners import adopt_first, adopt_option
from orchestrator.cli.render import cost_line, print_outcome, print_plan, print_receipt
from orchestrator.errors import NotAuthorizedError

if TYPE_CHECKING:
    from orchestrator.models import Plan
    from orchestrator.progress import Progress

_STAGES = ("launch", "converge", "report")


@click.command()
@fleet_options
@plan_options
@click.option("--until", type=click.Choice(_STAGES), default="report", help="Stop after this stage.")
@click.option("--validate/--no-validate", "validated", default=True, help="Prove it by training.")
@click.option("--full", is_flag=True, help="Apply all roles, even where nothing changed since they were.")
@adopt_option
@click.option("--yes", is_flag=True, help="Do not ask before money is spent.")
@password_options
def up(
    *,
    adopt: str | None,
    name: str | None,
    cloud: str | None,
    config: Path | None,
    as_json: bool,
    until: str,
    validated: bool,
    full: bool,
    yes: bool,
) -> int:
    """Make the hosts, apply the roles, train on each, certify. Repeated, it goes on where it stopped."""
    from orchestrator.pipeline import Until

    name = adopt_first(adopt, config, {"name": name, "cloud": cloud, **given_keys()}, yes=yes)
    spec = read_planned_spec(config, {"name": name, "cloud": cloud, **given_keys()})
    with progress_display(moving=is_terminal()) as progress:
        pipeline = open_pipeline(spec, progress)
        local_vars = local_role_vars(spec, progress)
        with costs_on_error(spec, pipeline.bill, as_json=as_json):
            planned = pipeline.plan(local_vars, typed_command(), detailed=spec.cloud == "aws")
            note_old_tables(planned, progress, datetime.now(UTC).date())
            costs = planned.price_usd_per_hour or any(offer.prepaid for offer in planned.offers)
            if costs and not yes:
                _ask(planned)
            elif costs:
                progress.note(cost_line(planned))
            outcome = pipeline.up(planned, until=Until(until), validated=validated, full=full)
    return print_running(spec, pipeline.bill, print_outcome(outcome, as_json=as_json))


@click.command()
@fleet_options
@plan_options
@password_options
def plan(
    *,
    name: str | None,
    cloud: str | None,
    config: Path | None,
    as_json: bool,
) -> int:
    """Show what `up` would do and what it would cost. Makes nothing, spends nothing."""
    spec = read_planned_spec(config, {"name": name, "cloud": cloud, **given_keys()})
    with progress_display(moving=False) as progress:
        local_vars = local_role_vars(spec, progress)
        try:
            planned = open_pipeline(spec, progress).plan(local_vars, typed_command(), detailed=True)
        except NotAuthorizedError as error:
            if spec.cloud != "aws" or spec.aws.rehearse:
                raise
            from orchestrator.stages.plan import plan_from_catalog

            progress.note(
                f"AWS was not asked ({error.cause}); what follows is the catalog's word: {error.hint}"
            )
            planned = plan_from_catalog(spec, typed_command(), local_vars)
        note_old_tables(planned, progress, datetime.now(UTC).date())
    end_empty_rehearsal()
    return print_plan(planned, as_json=as_json)


@click.command()
@fleet_options
@click.option("--quick", is_flag=True, help="Only the smoke test, where an earlier training still stands.")
@password_options
def validate(*, name: str | None, cloud: str | None, config: Path | None, as_json: bool, quick: bool) -> int:
    """Train again on the hosts as they are, and certify anew. Takes up a validation that was cut off."""
    spec = read_existing_spec(config, {"name": name, "cloud": cloud})
    with progress_display(moving=is_terminal()) as progress:
        pipeline = open_pipeline(spec, progress)
        with costs_on_error(spec, pipeline.bill, as_json=as_json):
            outcome = pipeline.validate(quick=quick)
    return print_running(spec, pipeline.bill, print_outcome(outcome, as_json=as_json))


@click.command()
@fleet_options
@adopt_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def down(
    *,
    name: str | None,
    cloud: str | None,
    config: Path | None,
    as_json: bool,
    adopt: str | None,
    yes: bool,
) -> int:
    """Take everything away that the fleet owns and print a receipt."""
    from orchestrator.cli.telemetry.gone import keep_usage

    name = adopt_first(adopt, config, {"name": name, "cloud": cloud}, yes=yes)
    spec = read_existing_spec(config, {"name": name, "cloud": cloud})
    if not yes:
        confirm(
            f"Delete fleet {spec.name} and all data on its hosts?",
            unattended="`down` asks before it deletes, and nobody is there to answer",
            hint="orchestrate down --yes",
        )
    with progress_display(moving=False) as progress:
        keep_usage(spec)
        pipeline = open_pipeline(spec, progress)
        with costs_on_error(spec, pipeline.bill, as_json=as_json):
            receipt = pipeline.down()
    end_empty_rehearsal()
    code = print_receipt(
        receipt, journal_of(spec).last_ended() if receipt.all_gone else None, as_json=as_json
    )
    return print_running(spec, pipeline.bill, code)


def note_old_tables(planned: "Plan", progress: "Progress", today: date) -> None:
    """A stack that was decided from tables that are old by now says so, as the answer of `resolve` does."""
    if not planned.stacks:
        return
    from orchestrator.catalog import load
    from orchestrator.catalog.dates import warnings

    for old in warnings(load().tables, today):
        progress.note(f"{old.statement}: `orchestrate catalog`")


def _ask(planned: "Plan") -> None:
    print_plan(planned, as_json=False)
    confirm(
        "Go on?",
        unattended="this costs money, and nobody is there to agree",
        hint="orchestrate up --yes",
    )
