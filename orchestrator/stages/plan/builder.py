"""Decide what makes the Python environments of a fleet: conda where its servers answer, else venv.

The first decision stands until `down`, so that a server that is away for an hour does not rebuild what is there.
"""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from orchestrator.catalog import load
from orchestrator.computer.content import content_dir
from orchestrator.computer.reachability import unreachable_servers
from orchestrator.config import FleetSpec
from orchestrator.config.document import read_document
from orchestrator.models import Builder, BuilderChoice, Framework, Hardware, Plan

_ARCHITECTURE = "{{ ansible_facts['architecture'] }}"


def choose_builder(
    spec: FleetSpec, earlier: Plan | None, role_vars: Mapping[str, object], hosts: Collection[Hardware]
) -> BuilderChoice:
    """What the fleet file says, else what was decided before, else what Python hosts have, else whether conda's servers answer.

    Args:
        spec: what the user wants.
        earlier: the plan on record.
        role_vars: may name mirrors (`conda_…`) and a proxy (`base_proxy`).
        hosts: what they are; at least one.
    """
    if spec.stack.builder != "auto":
        return BuilderChoice(builder=Builder(spec.stack.builder), reason="`builder:` under `stack:` says so")
    if earlier is not None and earlier.builder is not None:
        return earlier.builder
    if "conda" not in spec.wanted_roles:
        return BuilderChoice(builder=Builder.VENV, reason="role conda is not among `roles:`")
    if too_new := _too_new(hosts, Framework(spec.stack.framework)):
        return BuilderChoice(builder=Builder.CONDA, reason=too_new)
    if spec.cloud == "aws" and not spec.aws.rehearse:
        return BuilderChoice(
            builder=Builder.CONDA, reason="hosts on AWS have a way of their own to its servers"
        )
    return _by_reach(role_vars, next(iter(hosts)).architecture)


def servers(role_vars: Mapping[str, object], architecture: str) -> tuple[str, ...]:
    """Addresses of the installer and of each channel's index, as role conda would fetch them."""
    defaults = read_document(content_dir() / "roles" / "conda" / "defaults" / "main.yml").values

    def given(name: str) -> object:
        return role_vars.get(name, defaults[name])

    installer = str(given("conda_installer_url")).replace(_ARCHITECTURE, architecture)
    alias = str(given("conda_channel_alias")).rstrip("/")
    channels = given("conda_channels")
    named = [str(channel).rstrip("/") for channel in channels] if isinstance(channels, list) else []
    addresses = [channel if "://" in channel else f"{alias}/{channel}" for channel in named]
    return (installer, *(f"{address}/noarch/repodata.json" for address in addresses))


def _by_reach(role_vars: Mapping[str, object], architecture: str) -> BuilderChoice:
    """Conda where its servers answer from here."""
    proxies = role_vars.get("base_proxy")
    silent = unreachable_servers(
        servers(role_vars, architecture),
        {str(key): str(value) for key, value in proxies.items()} if isinstance(proxies, dict) else {},
    )
    for url, seen in silent.items():
        return BuilderChoice(builder=Builder.VENV, reason=f"{urlsplit(url).netloc} is out of reach ({seen})")
    return BuilderChoice(builder=Builder.CONDA, reason="its servers answer")


def _too_new(hosts: Collection[Hardware], framework: Framework) -> str:
    """The distribution of a host whose own Python the framework has no build for, in a sentence; empty where each has one."""
    catalog = load()
    built = {
        python
        for row in catalog.releases(framework)
        for python in (*row.pythons, *row.cpu_pythons, *row.aarch64_pythons)
    }
    asked = {host.distribution for host in hosts}
    for row in catalog.distributions:
        if row.distribution in asked and row.python not in built:
            return f"{row.label} has Python {row.python}, which no {framework.label} has a build for"
    return ""
