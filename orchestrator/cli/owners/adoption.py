"""Take over a fleet that carries another owner's mark, after showing it and asking: `orchestrate adopt`, and `--adopt`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orchestrator.cli.context import confirm, journal_of, open_fleet_provider, read_spec
from orchestrator.cli.display import progress_display
from orchestrator.cli.endpoint import refuse_ambiguous_endpoint
from orchestrator.cli.options import cloud_option, config_option, given_keys, json_option, plan_options
from orchestrator.cli.owners.foreign import lines
from orchestrator.cli.render import print_json
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.config import FleetSpec
    from orchestrator.models import ForeignFleet, Resource
    from orchestrator.progress import Progress

Command = TypeVar("Command", bound=Callable[..., Any])


def adopt_option(command: Command) -> Command:
    """Add `--adopt`."""
    return click.option(
        "--adopt",
        metavar="FLEET",
        help="First take over FLEET, which carries another owner's mark: its state folder is lost.",
    )(command)


@click.command()
@click.argument("fleet")
@cloud_option
@config_option
@json_option
@plan_options
@click.option("--from", "owners", multiple=True, metavar="OWNER", help="Whose, where several have one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def adopt(
    *, fleet: str, cloud: str | None, config: Path | None, as_json: bool, owners: tuple[str, ...], yes: bool
) -> int:
    """Take over FLEET, which carries another owner's mark or none, because its state folder is lost.

    What is there is shown, and nothing is stopped or started. Where the provider can, a lost SSH key is replaced.
    """
    spec = read_spec(config, {"name": fleet, "cloud": cloud, **given_keys()})
    refuse_ambiguous_endpoint(spec)
    with progress_display(moving=False) as progress:
        taken = take_over(spec, progress, owners, yes=yes)
    if as_json:
        return print_json({"fleet": spec.name, "adopted": taken})
    for each in taken:
        click.echo(f"yours  {each.kind:9}  {each.name}")
    return ExitCode.OK


def adopt_first(fleet: str | None, config: Path | None, flags: dict[str, object], *, yes: bool) -> str | None:
    """Take over a fleet before a command goes on with it; return the name that the command has to use.

    Args:
        fleet: what `--adopt` was given; None changes nothing.
        config: the fleet file.
        flags: what else was typed; a name there has to be the same.
        yes: do not ask.
    """
    named = flags.get("name")
    if fleet is None:
        return str(named) if named is not None else None
    if named not in {None, fleet}:
        raise UsageError(f"--adopt {fleet} and --name {named} are two fleets", f"orchestrate adopt {fleet}")
    spec = read_spec(config, {**flags, "name": fleet})
    refuse_ambiguous_endpoint(spec)
    with progress_display(moving=False) as progress:
        take_over(spec, progress, (), yes=yes)
    return fleet


def take_over(
    spec: "FleetSpec", progress: "Progress", owners: tuple[str, ...], *, yes: bool
) -> "tuple[Resource, ...]":
    """Show what is there, ask, and take it. What is ours already only gets a new key, where that is lost."""
    from orchestrator.models import Adoption
    from orchestrator.stages.launch.adoption import adopt as taken_over
    from orchestrator.stages.launch.adoption import renew_key

    provider, journal = open_fleet_provider(spec, progress), journal_of(spec)
    found = provider.foreign(spec.name)
    if not found and provider.find(spec.name):
        progress.note(f"fleet {spec.name} is yours already")
        if journal.private_key is None and spec.cloud != "onprem":
            renew_key(provider, journal, progress)
        return ()
    chosen = _chosen(found, spec.name, owners)
    for each in chosen:
        for line in lines(each):
            click.echo(line, err=True)
    if not yes:
        confirm(
            f"Take over fleet {spec.name}? Should its owner still have the state folder, they lose it.",
            unattended="a fleet with another owner's mark is taken over after asking, and nobody is there to answer",
            hint=f"orchestrate adopt {spec.name} --yes",
        )
    wanted = Adoption(
        cloud=spec.cloud,
        regions=spec.aws.regions if spec.cloud == "aws" else (),
        rehearsed=spec.cloud == "aws" and spec.aws.rehearse,
        owners=tuple(each.owner for each in chosen),
    )
    return taken_over(wanted, provider, journal, progress)


def _chosen(
    found: "tuple[ForeignFleet, ...]", fleet: str, owners: tuple[str, ...]
) -> "tuple[ForeignFleet, ...]":
    """Those of the named owners; the only one where nobody is named."""
    there = tuple(each.owner for each in found)
    if not found:
        raise UsageError(f"nobody has a fleet {fleet} here", "orchestrate gc")
    for owner in owners:
        if owner not in there:
            raise UsageError(
                f"owner {owner} has no fleet {fleet} here", f"orchestrate adopt {fleet} --from {there[0]}"
            )
    if not owners and len(found) > 1:
        raise UsageError(
            f"several owners have a fleet {fleet} here: {', '.join(there)}",
            f"orchestrate adopt {fleet} --from {there[0]}",
        )
    return tuple(each for each in found if not owners or each.owner in owners)
