"""Commands about an account as a whole: gc, aws-policy."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.context import aws_settings, end_empty_rehearsal, open_fleet_provider, read_spec
from orchestrator.cli.display import progress_display
from orchestrator.cli.endpoint import refuse_ambiguous_endpoint, regions_on_record
from orchestrator.cli.options import cloud_option, config_option, given_keys, json_option, plan_options
from orchestrator.cli.owners import adopt_first, adopt_option
from orchestrator.cli.render import print_bill, print_json, print_receipt_lines
from orchestrator.errors import ExitCode, NotAuthorizedError, UsageError
from orchestrator.journal import Journal, owner, state_dir
from orchestrator.progress import Progress, Silent

if TYPE_CHECKING:
    from orchestrator.config import FleetSpec
    from orchestrator.models import Resource
    from orchestrator.pipeline.orphans import Orphans


@click.command()
@cloud_option
@config_option
@json_option
@plan_options
@adopt_option
@click.option("--yes", is_flag=True, help="Remove them; without it they are only listed.")
def gc(*, cloud: str | None, config: Path | None, as_json: bool, adopt: str | None, yes: bool) -> int:
    """List what is left at a cloud of fleets that this computer does not know any more; with --yes, remove it.

    Only what carries this state folder's mark is ever removed; other people's fleets are named and left alone.
    """
    from orchestrator.pipeline.orphans import collect, orphans

    adopt_first(adopt, config, {"cloud": cloud, **given_keys()}, yes=yes)
    spec = read_spec(config, {"cloud": cloud, **given_keys()})
    refuse_ambiguous_endpoint(spec)
    with progress_display(moving=False) as progress:
        spec = _everywhere(spec, progress)
        provider = open_fleet_provider(spec, progress)
        found = orphans(provider, state_dir(), adopted=_only_adopted(adopt))
        removed = collect(provider, found) if yes else ()
        images, no_images = _images(spec, progress)
        skipped_regions = no_images | provider.skipped_regions()
    regions = spec.aws.regions if spec.cloud == "aws" else ()
    end_empty_rehearsal()
    lines = tuple(line for each in removed for line in each.lines)
    if _only_adopted(adopt) and yes and all(line.gone for line in lines):
        Journal(str(adopt), state_dir()).end()
    if as_json:
        print_json(
            {
                "orphans": found.fleets,
                "removed": lines,
                "receipts": removed,
                "others": found.others,
                "images": images,
                "regions": [each for each in regions if each not in skipped_regions],
                "not_asked": skipped_regions,
            }
        )
    else:
        _print_orphans(found)
        _print_regions(regions, skipped_regions)
        for image in images:
            click.echo(
                f"kept: image {image.id}  {image.name}  {image.state}\n  try: orchestrate bake --remove {image.id}"
            )
        if yes:
            for each in removed:
                print_receipt_lines(each.lines)
                print_bill(each.bill)
        elif found.fleets:
            click.echo(f"  try: {' '.join(('orchestrate', *sys.argv[1:]))} --yes")
    return ExitCode.OK if all(line.gone for line in lines) else ExitCode.PROVIDER


@click.command("aws-policy")
@config_option
@plan_options
def aws_policy(*, config: Path | None) -> int:
    """Print the IAM policy that allows what orchestrate does for this fleet file, and nothing else."""
    from orchestrator.providers.aws.policy import policy

    spec = read_spec(config, {"cloud": "aws", **given_keys()})
    if spec.aws.rehearse:
        raise UsageError("a rehearsal needs no policy", "`orchestrate aws-policy` without `rehearse:`")
    return print_json(policy(aws_settings(spec, Silent())))


def _only_adopted(fleet: str | None) -> str | None:
    """The fleet, if it was taken over and nothing more: one that `up` has made or gone on with is no orphan."""
    from orchestrator.models import Adoption, Plan

    if fleet is None:
        return None
    journal = Journal(fleet, state_dir())
    adopted = journal.load("adoption", Adoption) is not None and journal.load("plan", Plan) is None
    return fleet if adopted else None


def _everywhere(spec: "FleetSpec", progress: Progress) -> "FleetSpec":
    """The specification with every region that may have something: what the account has enabled, and all on record.

    Where the account does not say what it has enabled, those of the specification and on record are left, which is said.
    """
    if spec.cloud != "aws":
        return spec
    from orchestrator.providers.aws.clients import Aws
    from orchestrator.providers.aws.regions import enabled_regions

    settings = aws_settings(spec, progress)
    known = tuple(dict.fromkeys((*spec.aws.regions, *regions_on_record())))
    aws = Aws(settings.endpoint_url, settings.ask)
    try:
        known = tuple(dict.fromkeys((*known, *enabled_regions(aws, known))))
    except NotAuthorizedError as error:
        progress.note(
            f"which regions the account has enabled is not known, so only {', '.join(known)} can be searched:"
            f" {error.cause}; try: {error.hint}"
        )
    # Whatever the fleet file says of a cluster now: the roles of controllers are looked for, too.
    cluster = spec.cluster.model_copy(update={"enabled": True, "idle_minutes": 0})
    return spec.model_copy(update={"aws": spec.aws.model_copy(update={"regions": known}), "cluster": cluster})


def _images(spec: "FleetSpec", progress: Progress) -> "tuple[tuple[Resource, ...], dict[str, str]]":
    """Images of ours, and where they could not be asked for. They belong to no fleet, are never collected, and cost money."""
    if spec.cloud != "aws":
        return (), {}
    from orchestrator.providers.aws.clients import Aws
    from orchestrator.providers.aws.images import baked_images

    settings = aws_settings(spec, progress)
    aws = Aws(settings.endpoint_url, settings.ask)
    found = baked_images(aws, settings.regions, owner(state_dir()))
    return found, {region: error.cause for region, error in aws.left_out.items()}


def _print_regions(regions: tuple[str, ...], skipped_regions: dict[str, str]) -> None:
    """What the answer is about."""
    searched = [each for each in regions if each not in skipped_regions]
    if searched:
        click.echo(f"searched {len(searched)} of {len(regions)} regions: {', '.join(searched)}")
    for region, why in skipped_regions.items():
        click.echo(f"not searched: {region}: {why}")


def _print_orphans(found: "Orphans") -> None:
    for fleet, whose in found.others:
        click.echo(f"left alone: {fleet} (owner {whose}) is somebody else's")
    if found.others:
        click.echo(
            f"  should it be yours, its state folder lost\n  try: orchestrate adopt {found.others[0][0]}"
        )
    if not found.fleets:
        click.echo("nothing of ours is there that no run folder knows")
    for fleet, resources in found.fleets.items():
        for resource in resources:
            click.echo(f"{fleet}  {resource.kind:9}  {resource.name}  {resource.state}")
