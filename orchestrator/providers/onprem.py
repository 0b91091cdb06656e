"""Hosts that exist already, read from an Ansible inventory; this very computer may be among them.

Makes nothing, stops nothing, removes nothing: whoever made these hosts ends them.
"""

from collections import Counter
from difflib import get_close_matches
from pathlib import Path

from orchestrator.ansible_hosts import HostConnection, open_inventory, route
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

_LOCAL = "local"


class OnpremProvider:
    """The hosts of one inventory that match one pattern.

    Ansible itself reads it and says how each host is reached, so whatever file or folder `ansible-playbook -i` takes will do.
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
        """See `Provider.find`. Raises ProviderError where two names mean one machine, UnreachableError where ssh is missing."""
        found = self._connections()
        self._refuse_one_twice(found)
        return tuple(_host(fleet, self._inventory, at) for at in found)

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

    def _refuse_one_twice(self, hosts: tuple[HostConnection, ...]) -> None:
        """Roles that run on one machine under two names wait for each other's locks, and undo what the other did."""
        first: dict[object, str] = {}
        addresses = Counter(_address(at) for at in hosts)
        for at in hosts:
            port = _port(at) if addresses[_address(at)] > 1 else 0
            where = at.kind if at.kind == _LOCAL else (_address(at), port, at.way)
            other = first.setdefault(where, at.name)
            if other != at.name:
                seen = (
                    "this computer"
                    if at.kind == _LOCAL
                    else f"{at.address}{f':{at.port}' if at.port else ''}"
                )
                raise ProviderError(
                    f"{other} and {at.name} of {self._settings.inventory} are one machine: {seen}",
                    f"leave one out: `limit: {self._settings.limit}:!{at.name}` under `onprem:`",
                )

    @property
    def _inventory(self) -> Path:
        """From any folder: hosts are on record longer than a command takes."""
        return self._settings.inventory.absolute()

    def _connections(self) -> tuple[HostConnection, ...]:
        return open_inventory(self._inventory).hosts(self._settings.limit)


def _address(at: HostConnection) -> str:
    """Names of hosts are the same in capitals, and with a dot at their end."""
    return at.address.lower().rstrip(".")


def _port(at: HostConnection) -> int:
    """Where sshd is, which ssh's configuration decides where the inventory does not."""
    command = None if at.port else at.ssh()
    return at.port if command is None else route(command)[-1].port


def _host(fleet: str, inventory: Path, at: HostConnection) -> Host:
    """RUNNING, because it exists and nothing here could start it; whether it answers, the launch stage finds out."""
    local = at.kind == _LOCAL
    return Host(
        name=at.name,
        fleet=fleet,
        provider_id=at.name,
        distribution="",
        state=HostState.RUNNING,
        connection=Connection.LOCAL if local else Connection.SSH,
        address="localhost" if local and at.address == at.name else at.address,
        port=at.port,
        user=at.user,
        host_key="",
        inventory=str(inventory),
    )
