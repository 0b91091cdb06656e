"""Hosts that exist already, read from an Ansible inventory; this very computer may be among them.

Makes nothing, stops nothing, removes nothing: whoever made these hosts ends them.
"""

import json
import os
import subprocess
import sys
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from orchestrator.errors import ProviderError, UsageError
from orchestrator.models import (
    Connection,
    ForeignFleet,
    Host,
    HostState,
    InstanceStatus,
    LaunchRequest,
    Offer,
    ReceiptLine,
    Resource,
)
from orchestrator.providers.base import FirstKey, Intend, ReleaseAction
from orchestrator.providers.settings import OnpremSettings
from orchestrator.sanitize import sanitized, sanitized_value

_READ_TIMEOUT_S = 60.0
"""An inventory may be a script that asks a server."""

_LOCAL = "local"


class OnpremProvider:
    """The hosts of one inventory that match one pattern.

    Ansible itself reads it, so every format that `ansible-playbook -i` takes will do.
    """

    name = "onprem"
    first_key = FirstKey.EARLIER

    def __init__(self, settings: OnpremSettings) -> None:
        self._settings = settings

    def offers(self, request: LaunchRequest) -> tuple[Offer, ...]:
        """See `Provider.offers`. What exists costs nothing more."""
        try:
            self._select(request)
            reason = ""
        except ProviderError as error:
            reason = error.cause
        return (
            Offer(
                provider=self.name,
                description=f"hosts of {self._settings.inventory}",
                available=not reason,
                reason=reason,
                price_usd_per_hour=0.0,
            ),
        )

    def makes(self, _request: LaunchRequest) -> tuple[str, ...]:
        """See `Provider.makes`."""
        return ()

    def launch(self, request: LaunchRequest, _intend: Intend) -> tuple[Host, ...]:
        """See `Provider.launch`. Nothing is made: a host that the inventory does not name is refused."""
        return self._select(request)

    def explain(self, _host: Host) -> str:
        """See `Provider.explain`. Nobody but the host itself knows."""
        return ""

    def find(self, fleet: str) -> tuple[Host, ...]:
        """See `Provider.find`."""
        return tuple(_host(fleet, name, variables) for name, variables in sorted(self._inventory.items()))

    def instances(self, _fleet: str) -> tuple[InstanceStatus, ...]:
        """See `Provider.instances`. Nothing is paid for by the hour."""
        return ()

    def release(self, _fleet: str, action: ReleaseAction) -> tuple[ReceiptLine, ...]:
        """Always refused. Raises: ProviderError."""
        raise ProviderError(
            f"the hosts of {self._settings.inventory} were there before: orchestrate did not make them and will not {action} them",
            f"{action} them with the tool that made them",
        )

    def resources(self, _fleet: str) -> tuple[Resource, ...]:
        """See `Provider.resources`. A fleet owns nothing here."""
        return ()

    def foreign(self, _fleet: str) -> tuple[ForeignFleet, ...]:
        """See `Provider.foreign`. Hosts of an inventory carry no marks."""
        return ()

    def adopt(self, fleet: str, _owner: str, _intend: Intend) -> tuple[Resource, ...]:
        """Always refused. Raises: UsageError."""
        raise UsageError(
            f"the hosts of {self._settings.inventory} carry no mark: whoever has the inventory has fleet {fleet}",
            f"orchestrate up --name {fleet} --cloud onprem",
        )

    def admit(self, _fleet: str, _authorized_key: str) -> None:
        """Always refused. Raises: ProviderError."""
        raise ProviderError(
            f"the hosts of {self._settings.inventory} have keys of their own",
            "log in with the key that they know, and add another one there",
        )

    def skipped_regions(self) -> dict[str, str]:
        """See `Provider.skipped_regions`. There is one place."""
        return {}

    def fleets(self) -> tuple[tuple[str, str], ...]:
        """See `Provider.fleets`. None owns anything here."""
        return ()

    def _select(self, request: LaunchRequest) -> tuple[Host, ...]:
        known = {host.name: host for host in self.find(request.fleet)}
        for wanted in request.hosts:
            if wanted.name not in known:
                nearest = get_close_matches(wanted.name, known, n=1)
                hint = f"did you mean {nearest[0]}?" if nearest else "add it to the inventory"
                raise ProviderError(f"{self._settings.inventory} has no host {wanted.name}", hint)
        return tuple(known[wanted.name] for wanted in request.hosts)

    @cached_property
    def _inventory(self) -> dict[str, dict[str, object]]:
        """Variables by host name; read once, since a command is over before anybody edits the file."""
        inventory, limit = str(self._settings.inventory), self._settings.limit
        argv = (sys.executable, "-m", "ansible", "inventory", "-i", inventory, "--list", "--limit", limit)
        # By default Ansible passes over what it cannot read, and the fleet would be empty for a typing error.
        strict = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", "ANSIBLE_NOCOLOR": "true"}
        try:
            done = subprocess.run(
                argv,
                env=os.environ | strict,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_READ_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            cause = f"{inventory} could not be read within {_READ_TIMEOUT_S:g} s"
            raise ProviderError(cause, f"ansible-inventory -i {inventory} --list") from error
        if done.returncode != 0:
            cause = f"{inventory} cannot be read: {_reason(sanitized(done.stderr))}"
            raise ProviderError(cause, f"ansible-inventory -i {inventory} --list")
        try:
            return variables_by_host(sanitized_value(json.loads(done.stdout)))
        except (ValueError, RecursionError) as error:
            cause = f"{inventory} cannot be read: Ansible's answer is no JSON"
            raise ProviderError(cause, f"ansible-inventory -i {inventory} --list") from error


def variables_by_host(listing: dict[str, Any]) -> dict[str, dict[str, object]]:
    """Read the answer of `ansible-inventory --list`; a host without variables is named by its groups alone."""
    variables = listing.pop("_meta")["hostvars"]
    names = {name for group in listing.values() for name in group.get("hosts", ())}
    return {name: variables.get(name, {}) for name in names}


def _host(fleet: str, name: str, variables: dict[str, object]) -> Host:
    """RUNNING, because it exists and nothing here could start it; whether it answers, the launch stage finds out."""
    local = variables.get("ansible_connection") == _LOCAL
    return Host(
        name=name,
        fleet=fleet,
        provider_id=name,
        distribution="",
        state=HostState.RUNNING,
        connection=Connection.LOCAL if local else Connection.SSH,
        address=str(variables.get("ansible_host", "localhost" if local else name)),
        port=0 if local else int(str(variables.get("ansible_port", 0))),
        user=str(variables.get("ansible_user", "")),
        host_key="",
    )


def _reason(message: str) -> str:
    """Ansible's innermost cause: the last line that neither warns nor points at a place."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    wanted = [line for line in lines if not line.startswith(("[WARNING]", "<<<", "Origin:", "(source"))]
    return (wanted or ["no reason given"])[-1].removeprefix("[ERROR]: ")
