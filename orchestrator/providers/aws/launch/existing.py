"""What is done to hosts that exist: started, taken away, given addresses and names. Launches none."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from orchestrator.errors import CapacityError, ProviderError
from orchestrator.models import Host, HostState, LaunchRequest
from orchestrator.providers.aws.census import Seen, console_of
from orchestrator.providers.aws.cloud import Aws, asked
from orchestrator.providers.aws.errors import WrongStateError
from orchestrator.providers.aws.launch.calls import Patience
from orchestrator.providers.aws.launch.intake import obituary
from orchestrator.providers.aws.network.addresses import give_addresses
from orchestrator.providers.aws.network.making import making
from orchestrator.providers.aws.network.records import Naming, give_names
from orchestrator.providers.aws.refusals import no_room_to_start, same_again_may_do
from orchestrator.providers.aws.subnets import unreached
from orchestrator.providers.base import Intend
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import DeadlineError, NotYet, for_each, wait_for


def wake(aws: Aws, asleep: Iterable[Seen], patience: Patience) -> tuple[Seen, ...]:
    """Start hosts that are stopped, or about to be; return them as pending, with an address yet to come.

    Raises:
        CapacityError: a stopped host can only start in its own zone, and that has no room.
        ProviderError: EC2 refused, or a host did not stop in time.
    """

    def within(region: str, ids: list[str]) -> None:
        def probe() -> bool | NotYet:
            try:
                with asked(f"the start of {', '.join(ids)}"):
                    # Once: botocore would take a lack of room for a broken server.
                    aws.launcher(region).start_instances(InstanceIds=ids)
            except CapacityError as error:
                raise no_room_to_start(error, fleet) from error
            except ProviderError as error:
                if isinstance(error, WrongStateError) or same_again_may_do(error):
                    return NotYet(error.cause)
                raise
            return True

        try:
            wait_for("start", probe, timeout_s=patience.halt_s, interval_s=patience.step_s)
        except DeadlineError as error:
            raise ProviderError(error.seen, "`orchestrate status`, then `orchestrate up`") from error

    asleep = tuple(asleep)
    fleet = next((seen.host.fleet for seen in asleep), "")
    _by_region(asleep, within)
    return tuple(
        replace(seen, host=replace(seen.host, state=HostState.PENDING, address="")) for seen in asleep
    )


def clear(aws: Aws, broken: Iterable[Seen]) -> None:
    """Terminate hosts; they need not be gone when this returns. Raises ProviderError."""

    def within(region: str, ids: list[str]) -> None:
        with asked(f"the end of {', '.join(ids)}"):
            aws.ec2(region).terminate_instances(InstanceIds=ids)

    _by_region(tuple(broken), within)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How the hosts of a request are to be reached."""

    aws: Aws
    settings: AwsSettings
    request: LaunchRequest
    intend: Intend
    addresses: Callable[[], Mapping[str, str]]
    """Asks EC2 for the address of each host, empty for one that has none yet."""
    patience: Patience


def reached(reach: Reach, hosts: Mapping[str, Seen]) -> dict[str, Host]:
    """Give the hosts of a request Elastic IPs and names where the settings ask for them. Twice is once.

    Raises:
        QuotaError: the account may not have that many addresses.
        ProviderError: AWS refused, or a host that is to be named had no address in time.
    """
    found = {name: seen.host for name, seen in hosts.items()}
    if reach.settings.elastic_ip:
        for region in dict.fromkeys(seen.region for seen in hosts.values()):
            ids = {name: seen.host.provider_id for name, seen in hosts.items() if seen.region == region}
            maker = making(reach.aws, reach.settings, region, reach.request, reach.intend)
            given = give_addresses(maker, ids)
            found |= {name: replace(found[name], address=address) for name, address in given.items()}
    if reach.settings.dns_name:
        request = reach.request
        naming = Naming(dns_name=reach.settings.dns_name, fleet=request.fleet, owner=request.owner)
        give_names(reach.aws, naming, _addresses(reach, found), reach.intend)
    return found


def _addresses(reach: Reach, hosts: Mapping[str, Host]) -> dict[str, str]:
    known = {name: host.address for name, host in hosts.items() if host.address}

    def probe() -> bool | NotYet:
        if known.keys() >= hosts.keys():
            return True
        known.update({name: each for name, each in reach.addresses().items() if each and name in hosts})
        missing = [name for name in hosts if name not in known]
        return NotYet(f"{', '.join(missing)} had no address") if missing else True

    patience = reach.patience
    try:
        wait_for("addresses", probe, timeout_s=patience.visible_s, interval_s=patience.step_s)
    except DeadlineError as error:
        cause = f"{error.seen} after {patience.visible_s:g} s, so it could not be named"
        raise ProviderError(cause, "`orchestrate up` goes on from here") from error
    return {name: known[name] for name in hosts}


def explained(aws: Aws, seen: Seen, *, private: bool) -> str:
    """Why a host is in the state it is in; of one that runs, why it may be silent. Empty where EC2 says nothing.

    Args:
        aws: the account.
        seen: the host.
        private: it is reached by its private address, so a route from the internet is not missed.
    """
    if seen.state != "running":
        return "" if seen.state == "pending" else obituary(seen)
    closed = "" if private else unreached(aws, seen.region, seen.host.provider_id)
    console = console_of(aws, seen)
    return "; ".join(
        each for each in (closed, f"the end of its console: {console}" if console else "") if each
    )


def _by_region(several: tuple[Seen, ...], act: Callable[[str, list[str]], None]) -> None:
    ids: dict[str, list[str]] = {}
    for seen in several:
        ids.setdefault(seen.region, []).append(seen.host.provider_id)
    for_each(tuple(ids), lambda region: act(region, ids[region]))
