"""Decide what makes the Python environments of a fleet: conda where its servers answer, else venv.

The first decision stands until `down`, so that a server that is away for an hour does not rebuild what is there.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from orchestrator.computer.content import content_dir
from orchestrator.computer.reachability import unreachable_servers
from orchestrator.config import FleetSpec
from orchestrator.config.document import read_document
from orchestrator.models import Builder, BuilderChoice, Plan

_ARCHITECTURE = "{{ ansible_facts['architecture'] }}"


def choose_builder(
    spec: FleetSpec, earlier: Plan | None, role_vars: Mapping[str, object], architecture: str
) -> BuilderChoice:
    """What the fleet file says, else what was decided before, else whether conda's servers answer from here.

    Args:
        spec: what the user wants.
        earlier: the plan on record.
        role_vars: may name mirrors (`conda_…`) and a proxy (`base_proxy`).
        architecture: of the hosts, as Ansible calls it.
    """
    if spec.stack.builder != "auto":
        return BuilderChoice(builder=Builder(spec.stack.builder), reason="`builder:` under `stack:` says so")
    if earlier is not None and earlier.builder is not None:
        return earlier.builder
    if "conda" not in spec.wanted_roles:
        return BuilderChoice(builder=Builder.VENV, reason="role conda is not among `roles:`")
    if spec.cloud == "aws" and not spec.aws.rehearse:
        return BuilderChoice(
            builder=Builder.CONDA, reason="hosts on AWS have a way of their own to its servers"
        )
    proxies = role_vars.get("base_proxy")
    silent = unreachable_servers(
        servers(role_vars, architecture),
        {str(key): str(value) for key, value in proxies.items()} if isinstance(proxies, dict) else {},
    )
    for url, seen in silent.items():
        return BuilderChoice(builder=Builder.VENV, reason=f"{urlsplit(url).netloc} is out of reach ({seen})")
    return BuilderChoice(builder=Builder.CONDA, reason="its servers answer")


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
