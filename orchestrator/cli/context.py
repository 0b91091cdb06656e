"""The context of a command about a fleet: its specification, its provider, its memory, its pipeline."""

import os
import sys
from functools import partial
from getpass import getpass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.endpoint import regions_tried, with_recorded_endpoint
from orchestrator.errors import UsageError
from orchestrator.journal import Journal, owner, state_dir
from orchestrator.progress import Progress

if TYPE_CHECKING:
    from orchestrator.config import FleetSpec
    from orchestrator.models import Host
    from orchestrator.pipeline import Pipeline
    from orchestrator.providers.base import Provider
    from orchestrator.providers.settings import AwsSettings


def read_spec(config: Path | None, flags: dict[str, object]) -> "FleetSpec":
    """The fleet's specification from file, environment and flags. Raises ConfigError."""
    from orchestrator.config import load_fleet

    spec = load_fleet(config, environ=os.environ, flags=flags)
    if spec.cloud != "aws" or spec.aws.rehearse or "regions" in spec.aws.model_fields_set:
        return spec
    from orchestrator.providers.aws.session.profiles import usual_region

    region, _ = usual_region()
    return (
        spec.model_copy(update={"aws": spec.aws.model_copy(update={"regions": (region,)})})
        if region
        else spec
    )


def read_planned_spec(config: Path | None, flags: dict[str, object]) -> "FleetSpec":
    """As `read_spec`, with what has to be chosen before anything is opened."""
    spec = read_spec(config, flags)
    if not spec.aws.cheapest:
        return spec
    from orchestrator.stages.plan import with_cheapest

    return with_cheapest(spec)


def read_existing_spec(config: Path | None, flags: dict[str, object]) -> "FleetSpec":
    """As `read_spec`, for a fleet that may be up: where it was made decides. Raises as `with_recorded_endpoint` too."""
    spec = read_spec(config, flags)
    return with_recorded_endpoint(spec, journal_of(spec))


def open_fleet_provider(spec: "FleetSpec", progress: Progress) -> "Provider":
    """The provider that the specification names; nothing is asked of it yet."""
    from orchestrator.providers.registry import open_provider
    from orchestrator.providers.settings import OnpremSettings, ProviderSettings, SandboxSettings

    settings = ProviderSettings(
        sandbox=SandboxSettings(**spec.sandbox.model_dump()),
        onprem=OnpremSettings(inventory=spec.onprem.inventory, limit=spec.onprem.limit),
        aws=aws_settings(spec, progress),
        owner="" if spec.cloud == "onprem" else owner(state_dir()),
    )
    return open_provider(spec.cloud, settings, progress.note)


def aws_settings(spec: "FleetSpec", progress: Progress) -> "AwsSettings":
    """What the specification says of EC2; for a rehearsal, which is begun if it is not under way, its address as well."""
    from orchestrator.models import Market
    from orchestrator.providers.settings import AwsSettings
    from orchestrator.stages.fingerprint import fingerprint
    from orchestrator.stages.plan.web import is_public

    said = spec.aws
    return AwsSettings(
        regions=said.regions,
        zones=said.zones,
        instance_types=said.instance_type,
        market=Market(said.market),
        capacity_reservation=said.capacity_reservation,
        image=said.image,
        baked=fingerprint(spec) if spec.cloud == "aws" else "",
        disk_gib=said.disk_gib,
        kms_key=said.kms_key,
        vpc=said.vpc,
        subnets=said.subnets,
        private=said.private,
        cluster=spec.cluster.enabled,
        elastic=spec.cluster.enabled and spec.cluster.idle_minutes > 0,
        placement_group=said.placement_group,
        efa=said.efa,
        elastic_ip=said.elastic_ip,
        dns_name=said.dns_name,
        instance_profile=said.instance_profile,
        ssh_from=said.ssh_from,
        web_from=said.web_from if is_public(spec) else (),
        tags=tuple(sorted(said.tags.items())),
        endpoint_url=_rehearsal(spec, progress) if spec.cloud == "aws" and said.rehearse else "",
        tried=lambda fleet: regions_tried(Journal(fleet, state_dir()), said.regions),
        ask=partial(_code, progress) if sys.stdin.isatty() else None,
    )


def _code(progress: Progress, prompt: str) -> str:
    """What is typed and not shown, on a terminal where nothing else moves meanwhile."""
    with progress.paused():
        return getpass(prompt)


def _rehearsal(spec: "FleetSpec", progress: Progress) -> str:
    from orchestrator.rehearsal import open_rehearsal

    distributions = tuple(dict.fromkeys(host.distribution for host in spec.host_requests))
    return open_rehearsal(state_dir(), spec.aws.faults, progress.note, distributions).url


def end_empty_rehearsal() -> None:
    """A rehearsal in which nothing is left ends, whichever fleet was the last to use it."""
    if (state_dir() / "rehearsal").exists():
        from orchestrator.rehearsal import close_rehearsal_when_empty

        close_rehearsal_when_empty(state_dir())


def journal_of(spec: "FleetSpec") -> Journal:
    """The memory of the specification's fleet."""
    return Journal(spec.name, state_dir())


def open_pipeline(spec: "FleetSpec", progress: Progress) -> "Pipeline":
    """Everything that one command needs to move a fleet."""
    from orchestrator.pipeline import Pipeline

    return Pipeline(
        spec,
        open_fleet_provider(spec, progress),
        journal_of(spec),
        progress,
        version=version("orchestrate"),
    )


def local_role_vars(spec: "FleetSpec", progress: Progress) -> dict[str, object]:
    """Role variables that give a container on this computer its way to the package servers."""
    from orchestrator.computer.package_access import read_package_access

    if spec.cloud != "sandbox" and not (spec.cloud == "aws" and spec.aws.rehearse):
        return {}
    seen = read_package_access(Path("/"), home=Path.home(), environ=os.environ)
    for note in seen.notes:
        progress.note(note)
    return seen.role_vars()


def is_terminal() -> bool:
    """True when a person watches standard error and may be shown moving lines."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"


def select_host(hosts: "tuple[Host, ...]", wanted: str | None, fleet: str) -> "Host":
    """The host of that name, or the only one when none is named. Raises UsageError."""
    names = ", ".join(host.name for host in hosts)
    if wanted is None and len(hosts) > 1:
        raise UsageError(f"fleet {fleet} has {len(hosts)} hosts", f"name one of {names}")
    for host in hosts:
        if wanted in {None, host.name}:
            return host
    raise UsageError(f"fleet {fleet} has no host {wanted!r}", f"name one of {names}")


def confirm(question: str, *, unattended: str, hint: str) -> None:
    """Ask, and return when the answer is yes.

    Raises:
        UsageError: nobody is there to answer.
        click.Abort: the answer is no.
    """
    if not sys.stdin.isatty():
        raise UsageError(unattended, hint)
    click.confirm(question, abort=True, err=True)
