"""Images of converged hosts: bake, list, remove."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.connect.hosts import fleet_of_host
from orchestrator.cli.context import (
    aws_settings,
    confirm,
    journal_of,
    read_existing_spec,
    read_spec,
    select_host,
)
from orchestrator.cli.display import progress_display
from orchestrator.cli.endpoint import refuse_ambiguous_endpoint, regions_on_record
from orchestrator.cli.messages.costs import host_costs_on_error
from orchestrator.cli.options import cloud_option, config_option, json_option, name_option
from orchestrator.cli.render import print_json, print_receipt_lines
from orchestrator.errors import ExitCode, UsageError
from orchestrator.journal import Journal, owner
from orchestrator.models import ConvergeResult, Host

if TYPE_CHECKING:
    from orchestrator.config import FleetSpec
    from orchestrator.models import Resource


@click.command()
@name_option
@cloud_option
@config_option
@json_option
@click.option("--list", "listed", is_flag=True, help="Show our images.")
@click.option("--remove", metavar="AMI", help="Remove one of our images, with its snapshots.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("host", required=False)
def bake(
    *,
    name: str | None,
    cloud: str | None,
    config: Path | None,
    as_json: bool,
    listed: bool,
    remove: str | None,
    yes: bool,
    host: str | None,
) -> int:
    """Make an image of a host on AWS that was set up; `up` starts from it while nothing of what it would apply changed.

    EC2 restarts the host for it. An image costs what its snapshot costs until `--remove`.
    """
    from orchestrator.providers.aws.clients import Aws
    from orchestrator.providers.aws.images import Baking, baked_images, unbake
    from orchestrator.providers.aws.images import bake as baked

    if listed or remove:
        spec = _account(config, name, cloud)
    else:
        spec = read_existing_spec(config, {"name": fleet_of_host(config, name, host), "cloud": cloud})
    if spec.cloud != "aws":
        raise UsageError(
            f"hosts on {spec.cloud} are not baked", "`orchestrate up --cloud aws`, then `orchestrate bake`"
        )
    journal, mine = journal_of(spec), owner(journal_of(spec).root)
    with progress_display(moving=False) as progress:
        settings = aws_settings(spec, progress)
        aws = Aws(settings.endpoint_url, settings.ask)
        if listed:
            images = baked_images(aws, settings.regions, mine)
            if as_json:
                return print_json(images)
            _print_images(images, settings.regions)
            return ExitCode.OK
        if remove:
            lines = unbake(aws, settings.regions, remove, mine)
            if as_json:
                return print_json(lines)
            print_receipt_lines(lines)
            return ExitCode.OK if all(line.gone for line in lines) else ExitCode.PROVIDER
        chosen = _chosen(journal, host)
        if not yes:
            confirm(
                f"Restart {chosen.name} and make an image of it?",
                unattended=f"`bake` restarts {chosen.name}, and nobody is there to agree",
                hint="orchestrate bake --yes",
            )
        baking = Baking(host=chosen, fingerprint=settings.baked, owner=mine, users_tags=settings.tags)
        with host_costs_on_error(spec, as_json=as_json):
            image_id = baked(aws, _region(chosen), baking, progress.note, journal.intend)
    if as_json:
        return print_json({"image": image_id, "fingerprint": baking.fingerprint})
    click.echo(
        f"{image_id} is made of {chosen.name}; `up` starts from it while nothing that it would apply changes"
    )
    return ExitCode.OK


def _print_images(images: "tuple[Resource, ...]", regions: tuple[str, ...]) -> None:
    for image in images:
        click.echo(f"{image.id}  {image.state}  {image.name}")
    if not images:
        click.echo(f"no image of ours is in {', '.join(regions)}: `orchestrate bake` makes one")


def _account(config: Path | None, name: str | None, cloud: str | None) -> "FleetSpec":
    """Where images are looked for, whether a fleet is up or not: they outlive theirs. In every region that any fleet was in."""
    spec = read_existing_spec(config, {"name": name, "cloud": cloud or "aws"})
    if cloud is None and spec.cloud != "aws":  # a fleet of that name, elsewhere
        spec = read_spec(config, {"name": name, "cloud": "aws"})
        refuse_ambiguous_endpoint(spec)
    regions = tuple(dict.fromkeys((*spec.aws.regions, *regions_on_record())))
    return spec.model_copy(update={"aws": spec.aws.model_copy(update={"regions": regions})})


def _chosen(journal: Journal, wanted: str | None) -> Host:
    hosts = journal.load("hosts", tuple[Host, ...]) or ()
    if not hosts or journal.load("converge", ConvergeResult) is None:
        raise UsageError(
            f"fleet {journal.fleet} has no host that was set up", f"orchestrate up --name {journal.fleet}"
        )
    return select_host(hosts, wanted, journal.fleet)


def _region(host: Host) -> str:
    """Of a place such as `us-east-1a, spot`."""
    return host.place.partition(",")[0][:-1]
