"""Whether the roles have anything to do: what stands on the hosts now, beside what their last full run left.

A host is left alone where the roles' contents, everything that Ansible is given, and the host's own state are as they were
then. Whatever cannot be compared, for whatever reason, means that the roles run. Changes nothing on a host.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from orchestrator.computer.content import collection_dir, content_dir, files_for_hosts
from orchestrator.computer.zipapp import build_zipapp
from orchestrator.errors import HostNotReadyError
from orchestrator.models import Host
from orchestrator.remote import Completed, run_from_memory, shell_of
from orchestrator.sanitize import sanitized_line
from orchestrator.type_adapters import adapter_of
from orchestrator.waiting import for_each

PROGRAM = ("gpuhost/*.py", "gpuhost/state/*.py")
"""The one program of a host, with this subcommand alone."""
STANDS_FOR = timedelta(days=1)
"""How long a full run is relied on: some of what the roles look at changes with time alone, as certificates and package lists."""

_CONTENT = ("ansible.cfg", "collections/ansible_collections/orchestrate/gpu/plugins", "playbooks", "roles")
_PACKAGE = "gpuhost"
_LOOKUPS = ("lookup(", "query(", "q(")
"""What makes a variable depend on more than is written in the inventory."""
FOLDER_VARIABLES = frozenset(
    {
        "conda_prefix",
        "datasets_root",
        "ml_env_conda_prefix",
        "ml_env_root",
        "notebooks_environments_root",
        "notebooks_root",
    }
)
"""Variables of roles that say where on a host something is installed."""
_TIMEOUT_S = 60

States = dict[str, dict[str, str]]
"""Digests by section of what stands on each host, by the host's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What decides what the roles do, other than the hosts themselves."""

    digest: str
    folders: tuple[str, ...]
    """Where on hosts the roles install things, as far as somebody chose it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a full run of the roles left behind."""

    inputs: str
    """Digest of what they were given."""
    taken_at: datetime
    states: States


def inputs_of(
    roles: tuple[str, ...], inventories: tuple[Path, ...], environment: Mapping[str, str]
) -> Inputs | None:
    """The contents of the roles, Ansible's version, and all variables.

    Args:
        roles: those that run.
        inventories: what Ansible reads; the last one is ours, others are the user's.
        environment: what Ansible is run with.

    Returns None where a variable's value cannot be known from what is written, because it is looked up elsewhere.
    """
    variables = _variables(inventories, environment)
    if not variables or any(lookup in variables for lookup in _LOOKUPS):
        return None
    folders = tuple(sorted({str(value) for value in _folders_in(json.loads(variables))}))
    if any("{{" in folder for folder in folders):
        return None
    whole = hashlib.sha256(f"{version('ansible-core')} {roles} {variables}\n".encode())
    if config := environment.get("ANSIBLE_CONFIG"):
        whole.update(Path(config).read_bytes())
    for place in (*(content_dir() / name for name in _CONTENT), collection_dir() / _PACKAGE):
        for path in files_for_hosts(place):
            whole.update(f"{path.relative_to(place)}\0".encode() + path.read_bytes())
    return Inputs(digest=whole.hexdigest(), folders=folders)


def read_states(hosts: tuple[Host, ...], key: Path | None, folders: tuple[str, ...]) -> States:
    """Ask every host at the same time what stands there.

    Args:
        hosts: whom to ask.
        key: the fleet's private key; None means the user's agent and SSH configuration decide.
        folders: where something of ours lies beside the usual places.

    Raises:
        HostNotReadyError: a host could not say it.
        UnreachableError: no connection, or it broke.
    """
    program = build_zipapp(collection_dir(), *PROGRAM, main="gpuhost.__main__")

    def ask(host: Host) -> dict[str, str]:
        with closing(shell_of(host, key=key)) as shell:
            answer = run_from_memory(shell, program, ("state", *folders))
        return _sections(host, answer)

    return dict(zip((host.name for host in hosts), for_each(hosts, ask), strict=True))


def _sections(host: Host, answer: Completed) -> dict[str, str]:
    from pydantic import ValidationError

    try:
        return adapter_of(dict[str, str]).validate_json(answer.stdout.strip().rpartition("\n")[2])
    except ValidationError as error:
        reason = sanitized_line(answer.stderr.strip().rpartition("\n")[2], limit=200)
        raise HostNotReadyError(
            f"{host.name} could not say what stands there: {reason or f'exit code {answer.exit_code}'}",
            f"on {host.name}: see that `sudo python3 -V` works",
        ) from error


def drifted(baseline: Baseline, now: States) -> dict[str, tuple[str, ...]]:
    """The sections in which each host is not as the last full run left it; hosts that are, are not named. Pure."""
    found = {}
    for host, sections in now.items():
        before = baseline.states.get(host, {})
        differing = {name for name in {*before, *sections} if before.get(name) != sections.get(name)}
        if differing:
            found[host] = tuple(sorted(differing))
    return found


def _folders_in(said: object) -> Iterator[object]:
    """The values of FOLDER_VARIABLES, however deep in an inventory."""
    if isinstance(said, dict):
        for name, value in said.items():
            if name in FOLDER_VARIABLES:
                yield value
            else:
                yield from _folders_in(value)


def _variables(inventories: tuple[Path, ...], environment: Mapping[str, str]) -> str:
    """All that the inventories say, as Ansible reads it; empty where it cannot be read without asking somebody."""
    if len(inventories) == 1:
        return inventories[0].read_text(encoding="utf-8")
    named = tuple(word for path in inventories for word in ("--inventory", str(path)))
    ended = subprocess.run(
        (str(Path(sys.executable).with_name("ansible-inventory")), *named, "--list", "--export"),
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        env={**environment},
    )
    return ended.stdout if ended.returncode == 0 else ""
