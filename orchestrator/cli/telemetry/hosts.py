"""The hosts that `gpus` and `usage` ask: of one fleet, of several, or some by name; each with its way in, kept open."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.connect.hosts import fleet_of_host, name_option
from orchestrator.cli.context import journal_of, open_fleet_provider, read_existing_spec
from orchestrator.errors import OrchestrateError, UsageError
from orchestrator.journal import Journal, fleet_names, state_dir
from orchestrator.models import Host
from orchestrator.progress import Silent
from orchestrator.waiting import for_each

if TYPE_CHECKING:
    from orchestrator.config import FleetSpec
    from orchestrator.remote import Shell
    from orchestrator.telemetry.asking import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A host, and how it is reached."""

    asked: "Asked"
    journal: Journal
    shells: "list[Shell]"
    """Empty until it was opened."""

    def shell(self) -> "Shell":
        """The same each time; connects when it is first used. Raises OrchestrateError."""
        if not self.shells:
            from orchestrator.remote import shell_of

            host = self.asked.host
            self.shells.append(shell_of(host, key=self.journal.private_key if host.host_key else None))
        return self.shells[0]

    def close(self) -> None:
        """Drop the connection."""
        with suppress(OrchestrateError):
            for each in self.shells:
                each.close()


def targets(config: Path | None, names: tuple[str, ...]) -> tuple[Target, ...]:
    """Hosts as their providers know them now.

    Args:
        config: the fleet file.
        names: of fleets, all of whose hosts are meant, or of hosts; none for the fleet that the configuration means.

    Raises:
        UsageError: there is no such fleet or host, or the fleet has no host.
        ProviderError: a provider cannot be asked.
    """
    meant = [_meant(config, name) for name in names] if names else [(read_existing_spec(config, {}), "")]
    return tuple(
        {
            (target.asked.host.fleet, target.asked.host.name): target
            for found in for_each(meant, lambda each: targets_of(*each))
            for target in found
        }.values()
    )


def _meant(config: Path | None, name: str) -> "tuple[FleetSpec, str]":
    """A fleet, and the host of it that is meant; empty for all."""
    if name in fleet_names(state_dir()):
        return read_existing_spec(config, {"name": name}), ""
    fleet = fleet_of_host(config, None, name)
    return read_existing_spec(config, {"name": fleet}), name


def targets_of(spec: "FleetSpec", wanted: str = "") -> tuple[Target, ...]:
    """The hosts of one fleet, or the one of them that is wanted. Raises as `targets`."""
    from orchestrator.telemetry.asking import Asked

    journal = journal_of(spec)
    recorded = {host.name: host for host in journal.load("hosts", tuple[Host, ...]) or ()}
    found = _with_keys(open_fleet_provider(spec, Silent()).find(spec.name), recorded)
    typed_up = f"orchestrate up{name_option(spec.name)}"
    if not found:
        raise UsageError(f"fleet {spec.name} has no hosts", typed_up)
    chosen = [host for host in found if wanted in {"", host.name}]
    if not chosen:
        names = ", ".join(host.name for host in found)
        raise UsageError(f"neither a fleet nor a host is called {wanted}", f"name one of {names}")
    return tuple(
        Target(asked=Asked(host=host, typed_up=typed_up), journal=journal, shells=[]) for host in chosen
    )


def _with_keys(found: Iterable[Host], recorded: dict[str, Host]) -> list[Host]:
    """The provider's own word; of each the host key on record."""
    return [
        replace(host, host_key=recorded[host.name].host_key) if host.name in recorded else host
        for host in found
    ]
