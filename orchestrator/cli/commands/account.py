"""Commands about an account as a whole: gc, aws-policy."""

import sys
from pathlib import Path

import click

from orchestrator.cli.display import shown
from orchestrator.cli.opening import aws_settings, open_provider_of, read_spec
from orchestrator.cli.options import cloud_option, config_option, given_keys, json_option, plan_options
from orchestrator.cli.telling import print_json, tell_lines
from orchestrator.errors import ExitCode, UsageError
from orchestrator.journal import fleet_names, owner, state_dir
from orchestrator.models import ReceiptLine, Resource
from orchestrator.progress import Silent
from orchestrator.providers.base import ReleaseAction


@click.command()
@cloud_option
@config_option
@json_option
@plan_options
@click.option("--yes", is_flag=True, help="Remove them; without it they are only listed.")
def gc(*, cloud: str | None, config: Path | None, as_json: bool, yes: bool) -> int:
    """List what is left at a cloud of fleets that this computer does not know any more; with --yes, remove it.

    Only what carries this state folder's mark is ever removed; other people's fleets are named and left alone.
    """
    spec = read_spec(config, {"cloud": cloud, **given_keys()})
    ours, known = owner(state_dir()), set(fleet_names(state_dir()))
    orphans: dict[str, tuple[Resource, ...]] = {}
    others: list[str] = []
    removed: list[ReceiptLine] = []
    with shown(moving=False) as progress:
        provider = open_provider_of(spec, progress)
        for fleet, whose in provider.fleets():
            if whose not in {"", ours}:
                others.append(f"{fleet} (owner {whose})")
            elif fleet not in known:
                orphans[fleet] = provider.resources(fleet)
        if yes:
            for fleet in orphans:
                removed.extend(provider.release(fleet, ReleaseAction.TERMINATE))
    if as_json:
        print_json({"orphans": orphans, "removed": removed, "others": others})
    else:
        _tell(orphans, removed, others, removing=yes)
    return ExitCode.OK if all(line.gone for line in removed) else ExitCode.PROVIDER


@click.command("aws-policy")
@config_option
@plan_options
def aws_policy(*, config: Path | None) -> int:
    """Print the IAM policy that allows what orchestrate does for this fleet file, and nothing else."""
    from orchestrator.providers.aws.policy import policy

    spec = read_spec(config, {"cloud": "aws", **given_keys()})
    if spec.aws.rehearse:
        raise UsageError("a rehearsal needs no policy", "orchestrate aws-policy without `rehearse:`")
    return print_json(policy(aws_settings(spec, Silent())))


def _tell(
    orphans: dict[str, tuple[Resource, ...]], removed: list[ReceiptLine], others: list[str], *, removing: bool
) -> None:
    for other in others:
        click.echo(f"left alone: {other} is somebody else's")
    if not orphans:
        click.echo("nothing of ours is there that no run folder knows")
    if removing:
        tell_lines(removed)
        return
    for fleet, resources in orphans.items():
        for resource in resources:
            click.echo(f"{fleet}  {resource.kind:9}  {resource.name}  {resource.state}")
    if orphans:
        click.echo(f"  try: {' '.join(('orchestrate', *sys.argv[1:]))} --yes")
