"""What is done to hosts that exist: started, taken away, given addresses and names. Launches none."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from orchestrator.errors import CapacityError, ProviderError
from orchestrator.models import Host, HostState, LaunchRequest
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.cluster.controller_role import ensure_role
from orchestrator.providers.aws.error_translation import no_room_to_start, same_again_may_do
from orchestrator.providers.aws.errors import WrongStateError
from orchestrator.providers.aws.fleet_instances import FleetInstance, console_output
from orchestrator.providers.aws.launch.reconcile import termination_reason
from orchestrator.providers.aws.launch.run_instances import Timeouts
from orchestrator.providers.aws.network.context import network_context
from orchestrator.providers.aws.network.dns_records import Naming, give_names
from orchestrator.providers.aws.network.elastic_ips import give_addresses
from orchestrator.providers.aws.subnets import missing_route
from orchestrator.providers.base import Intend
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import DeadlineError, NotYet, for_each, wait_for


def start_stopped(
    aws: Aws, stopped: Iterable[FleetInstance], timeouts: Timeouts
) -> tuple[FleetInstance, ...]:
    """Start hosts that are stopped, or about to be; return them as pending, with an address yet to come.

    Raises:
        CapacityError: a stopped host can only start in its own zone, and that has no room.
        ProviderError: EC2 refused, or a host did not stop in time.
    """

    def within(region: str, ids: list[str]) -> None:
        def probe() -> bool | NotYet:
            try:
                with aws_errors(f"the start of {', '.join(ids)}"):
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
            wait_for("start", probe, timeout_s=timeouts.halt_s, interval_s=timeouts.step_s)
        except DeadlineError as error:
            raise ProviderError(error.seen, "`orchestrate status`, then `orchestrate up`") from error

    stopped = tuple(stopped)
    fleet = next((seen.host.fleet for seen in stopped), "")
    _by_region(stopped, within)
    return tuple(
        replace(seen, host=replace(seen.host, state=HostState.PENDING, address="")) for seen in stopped
    )


def terminate_broken(aws: Aws, broken: Iterable[FleetInstance]) -> None:
    """Terminate hosts; they need not be gone when this returns. Raises ProviderError."""

    def within(region: str, ids: list[str]) -> None:
        with aws_errors(f"the end of {', '.join(ids)}"):
            aws.ec2(region).terminate_instances(InstanceIds=ids)

    _by_region(tuple(broken), within)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessContext:
    """What is needed to give the hosts of a request addresses and names."""

    aws: Aws
    settings: AwsSettings
    request: LaunchRequest
    intend: Intend
    addresses: Callable[[], Mapping[str, str]]
    """Asks EC2 for the address of each host, empty for one that has none yet."""
    timeouts: Timeouts


def ensure_access(reach: AccessContext, hosts: Mapping[str, FleetInstance]) -> dict[str, Host]:
    """Give the hosts of a request Elastic IPs and names, and the first the role of a controller, as the settings ask. Twice is once.

    Raises:
        QuotaError: the account may not have that many addresses.
        ProviderError: AWS refused, or a host that is to be named had no address in time.
    """
    found = {name: seen.host for name, seen in hosts.items()}
    controller = hosts.get(next((host.name for host in reach.request.hosts), ""))
    if reach.settings.elastic and not reach.settings.instance_profile and controller is not None:
        context = network_context(reach.aws, reach.settings, controller.region, reach.request, reach.intend)
        ensure_role(context, reach.settings, controller.host.provider_id, controller.profile)
    if reach.settings.elastic_ip:
        for region in dict.fromkeys(seen.region for seen in hosts.values()):
            ids = {name: seen.host.provider_id for name, seen in hosts.items() if seen.region == region}
            context = network_context(reach.aws, reach.settings, region, reach.request, reach.intend)
            given = give_addresses(context, ids)
            found |= {name: replace(found[name], address=address) for name, address in given.items()}
    if reach.settings.dns_name:
        request = reach.request
        naming = Naming(dns_name=reach.settings.dns_name, fleet=request.fleet, owner=request.owner)
        give_names(reach.aws, naming, _addresses(reach, found), reach.intend)
    return found


def _addresses(reach: AccessContext, hosts: Mapping[str, Host]) -> dict[str, str]:
    known = {name: host.address for name, host in hosts.items() if host.address}

    def probe() -> bool | NotYet:
        if known.keys() >= hosts.keys():
            return True
        known.update({name: each for name, each in reach.addresses().items() if each and name in hosts})
        missing = [name for name in hosts if name not in known]
        return NotYet(f"{', '.join(missing)} had no address") if missing else True

    timeouts = reach.timeouts
    try:
        wait_for("addresses", probe, timeout_s=timeouts.visible_s, interval_s=timeouts.step_s)
    except DeadlineError as error:
        cause = f"{error.seen} after {timeouts.visible_s:g} s, so it could not be named"
        raise ProviderError(cause, "`orchestrate up` goes on from here") from error
    return {name: known[name] for name in hosts}


def explain_state(aws: Aws, seen: FleetInstance, *, private: bool) -> str:
    """Why a host is in the state it is in; of one that runs, why it may be silent. Empty where EC2 says nothing.

    Args:
        aws: the account.
        seen: the host.
        private: it is reached by its private address, so a route from the internet is not missed.
    """
    if seen.state != "running":
        return "" if seen.state == "pending" else termination_reason(seen)
    closed = "" if private else missing_route(aws, seen.region, seen.host.provider_id)
    console = console_output(aws, seen)
    return "; ".join(
        each for each in (closed, f"the end of its console: {console}" if console else "") if each
    )


def _by_region(several: tuple[FleetInstance, ...], act: Callable[[str, list[str]], None]) -> None:
    ids: dict[str, list[str]] = {}
    for seen in several:
        ids.setdefault(seen.region, []).append(seen.host.provider_id)
    for_each(tuple(ids), lambda region: act(region, ids[region]))
