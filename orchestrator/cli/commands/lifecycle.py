"""Commands for hosts that are kept: stop, start, extend, refresh-access."""

from pathlib import Path

import click

from orchestrator.cli.context import aws_settings, journal_of, open_pipeline, read_existing_spec
from orchestrator.cli.display import progress_display
from orchestrator.cli.messages.costs import costs_on_error, host_costs_on_error
from orchestrator.cli.options import FiniteRange, config_option, fleet_options, json_option, name_option
from orchestrator.cli.render import print_changes, print_json
from orchestrator.errors import ExitCode, UsageError
from orchestrator.journal import owner
from orchestrator.providers.base import ReleaseAction


@click.command()
@fleet_options
def stop(*, name: str | None, cloud: str | None, config: Path | None, as_json: bool) -> int:
    """Halt the fleet's hosts. Their disks stay, and cost what disks cost; `orchestrate start` wakes them."""
    return _move(ReleaseAction.STOP, config, {"name": name, "cloud": cloud}, as_json=as_json)


@click.command()
@fleet_options
def start(*, name: str | None, cloud: str | None, config: Path | None, as_json: bool) -> int:
    """Wake the fleet's hosts. `orchestrate up` does so too, and sees that they work."""
    return _move(ReleaseAction.START, config, {"name": name, "cloud": cloud}, as_json=as_json)


@click.command()
@name_option
@config_option
@json_option
@click.option("--hours", type=FiniteRange(min=0, min_open=True), help="Hours more that each host may run.")
@click.option(
    "--usd", type=FiniteRange(min=0, min_open=True), help="US dollars more that each host may cost."
)
def extend(
    *, name: str | None, config: Path | None, as_json: bool, hours: float | None, usd: float | None
) -> int:
    """Put off the end of the fleet's hosts. What is left of deadline and budget is theirs to say: `orchestrate status`."""
    if hours is None and usd is None:
        raise UsageError("neither hours nor dollars were given", "orchestrate extend --hours 2")
    from orchestrator.pipeline.costs import record_deadlines
    from orchestrator.pipeline.lifetime import extend as extended

    spec = read_existing_spec(config, {"name": name})
    with host_costs_on_error(spec, as_json=as_json):
        lifetimes = extended(journal_of(spec), hours=hours or 0.0, usd=usd or 0.0)
    record_deadlines(journal_of(spec), {each.host: each.ends_at for each in lifetimes if each.ends_at})
    if as_json:
        return print_json(lifetimes)
    for each in lifetimes:
        click.echo(f"{each.host}  {each.statement}")
    return ExitCode.OK


@click.command("refresh-access")
@name_option
@config_option
def refresh_access(*, name: str | None, config: Path | None) -> int:
    """Let this computer in again after its address changed; the old address is shut out."""
    spec = read_existing_spec(config, {"name": name})
    if spec.cloud != "aws":
        raise UsageError(
            f"access to hosts on {spec.cloud} does not depend on this computer's address",
            "orchestrate status",
        )
    from orchestrator.providers.aws.network import refresh_access as refreshed

    with progress_display(moving=False) as progress, host_costs_on_error(spec, as_json=False):
        settings = aws_settings(spec, progress)
        for line in refreshed(settings, spec.name, owner(journal_of(spec).root), progress.note):
            click.echo(line)
    return ExitCode.OK


def _move(action: ReleaseAction, config: Path | None, flags: dict[str, object], *, as_json: bool) -> int:
    spec = read_existing_spec(config, flags)
    with progress_display(moving=False) as progress:
        pipeline = open_pipeline(spec, progress)
        with costs_on_error(spec, pipeline.bill, as_json=as_json):
            lines = pipeline.move(action)
    return print_changes(lines, spec.name, as_json=as_json)
