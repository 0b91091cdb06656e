"""Make the fleet's hosts exist and wait until each lets us in. Host keys are made here, before the host is created."""

from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.errors import HostDiedError, UnreachableError
from orchestrator.journal import Journal
from orchestrator.models import Host, HostState, LaunchRequest, Plan
from orchestrator.progress import Progress
from orchestrator.providers.base import FirstKey, Provider
from orchestrator.stages.launch.keys import Pins, fleet_key, identities
from orchestrator.stages.launch.poller import HostPoller
from orchestrator.stages.launch.readiness import FailedHost, WaitContext, wait_until_ready
from orchestrator.stages.launch.record import taken_on
from orchestrator.waiting import for_each

__all__ = ["LaunchArguments", "ask", "fleet_key", "launch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchArguments:
    """What a provider was asked for and took on."""

    hosts: tuple[Host, ...]
    key: Path | None
    """The fleet's private key; None for hosts that the user's own keys open."""
    request: LaunchRequest | None
    """None for hosts that were there before us."""


def launch(plan: Plan, provider: Provider, journal: Journal, progress: Progress) -> tuple[Host, ...]:
    """Make every planned host exist, start it, and return once each has let us log in.

    A host that its provider ends before anybody could log in is asked for again, from the next offer, as long as there is one.

    Raises:
        ProviderError: the provider refused.
        HostDiedError: a host died, and there is nothing else to try.
        HostKeyError: a host shows another key than the one on record.
        HostNotReadyError: a host's first boot failed.
        UnreachableError: a host did not answer in time; names the last thing seen.
    """
    asked = ask(plan, provider, journal, progress)
    hosts = asked.hosts
    context = WaitContext(
        provider=provider,
        key=asked.key,
        poller=HostPoller(provider, plan.fleet),
        pins=Pins(journal),
        progress=progress,
    )
    for _ in range(max(1, len(plan.offers))):
        for host in hosts:
            progress.host(host.name, "starting")
        arrived = for_each(hosts, lambda host: wait_until_ready(host, context))
        lost = [each for each in arrived if isinstance(each, FailedHost)]
        if not lost:
            return tuple(each for each in arrived if isinstance(each, Host))
        if asked.request is None or provider.first_key is FirstKey.SEALED:
            raise _down(lost[0])
        for each in lost:
            progress.note(f"{each.host.name} ended before it let us in: {each.why}; asking for another")
        hosts = provider.launch(_request_again(asked.request, journal, lost), journal.intend)
        taken_on(hosts, plan.token, journal)
    raise HostDiedError(
        f"{lost[0].host.name} ended before it let us in: {lost[0].why}",
        "add zones, types or regions under `aws:`, then `orchestrate up`",
    )


def ask(plan: Plan, provider: Provider, journal: Journal, progress: Progress) -> LaunchArguments:
    """Have the provider make every planned host exist, and return as soon as it has taken the request. Raises as `launch`."""
    found = provider.find(plan.fleet)
    if provider.first_key is FirstKey.EARLIER:
        return LaunchArguments(hosts=found, key=None, request=None)
    key = fleet_key(journal, found)
    _note_unplanned_hosts(plan, found, progress)
    request = _request(plan, provider, found, journal)
    hosts = provider.launch(request, journal.intend)
    taken_on(hosts, plan.token, journal)
    return LaunchArguments(hosts=hosts, key=key, request=request)


def _note_unplanned_hosts(plan: Plan, found: tuple[Host, ...], progress: Progress) -> None:
    """A host that the plan does not name any more is left alone: what is on it may be wanted."""
    planned = {host.name for host in plan.hosts}
    for host in found:
        if host.name not in planned:
            progress.note(
                f"{host.name} is not in the plan any more and stays; `orchestrate down` removes the whole fleet"
            )


def _request(plan: Plan, provider: Provider, found: tuple[Host, ...], journal: Journal) -> LaunchRequest:
    """Add a fresh host key for every host; the provider uses those of hosts that do not exist yet."""
    alive = (HostState.PENDING, HostState.RUNNING, HostState.STOPPED)
    existing = {host.name for host in found if host.state in alive}
    missing = [host.name for host in plan.hosts if host.name not in existing]
    public_key = (journal.keys / "id_ed25519.pub").read_text(encoding="utf-8").strip()
    return LaunchRequest(
        fleet=plan.fleet,
        token=plan.token,
        hosts=plan.hosts,
        user=plan.user,
        authorized_key=public_key,
        identities=identities(journal, missing, shared=provider.first_key is FirstKey.OPEN),
        offers=plan.offers,
        tried_last=journal.last_intent("instance"),
        limits=plan.limits,
        shared_folder=plan.cluster.volume if plan.cluster else "",
    )


def _request_again(request: LaunchRequest, journal: Journal, lost: list[FailedHost]) -> LaunchRequest:
    """The same, with fresh keys for those who have to be made anew."""
    names = [each.host.name for each in lost]
    fresh = identities(journal, names, shared=True)
    return replace(request, identities={**request.identities, **fresh}, tried_last="")


def _down(lost: FailedHost) -> UnreachableError:
    return UnreachableError(
        f"{lost.host.name} is {lost.host.state} instead of running"
        if lost.host.state in {HostState.BROKEN, HostState.STOPPED}
        else f"{lost.host.name} is gone: {lost.why}",
        "`orchestrate down`, then `orchestrate up`",
    )
