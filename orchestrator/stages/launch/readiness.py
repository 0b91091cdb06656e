"""Readiness: wait until a host accepts our login and its first boot is over. Makes and removes nothing at a provider."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from orchestrator.errors import HostKeyError, ProviderError, UnreachableError
from orchestrator.models import Host, HostState
from orchestrator.progress import Progress
from orchestrator.providers.base import FirstKey, Provider
from orchestrator.remote import shell_of
from orchestrator.stages.launch.first_contact import complete_first_boot
from orchestrator.stages.launch.keys import Pins
from orchestrator.stages.launch.poller import HostPoller
from orchestrator.waiting import DeadlineError, NotYet, wait_for

_TIMEOUT_S = {FirstKey.SEALED: 120.0, FirstKey.OPEN: 600.0, FirstKey.EARLIER: 10.0}
"""A container boots in a second. A rented machine with eight GPUs takes minutes, cloud-init included."""

ADDRESS_S = 60.0
"""A host that runs has its address within seconds of it, an Elastic IP included; one that was not given any never gets one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedHost:
    """A host that will not become ready, and why."""

    host: Host
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitContext:
    """What every wait for a host needs."""

    provider: Provider
    key: Path | None
    """The fleet's private key; None for hosts that the user's own keys open."""
    poller: HostPoller
    pins: Pins
    progress: Progress
    address_s: float = ADDRESS_S
    """How long a host that runs may be without an address."""


def wait_until_ready(host: Host, context: WaitContext) -> Host | FailedHost:
    """Wait until the host runs, lets us in and is through with its first boot; return it with the key it shows from now on.

    Raises:
        HostKeyError: it shows another key than the one on record. Ends the wait at once.
        HostNotReadyError: its first boot failed; carries the end of its log.
        UnreachableError: it did not answer in time, names the last thing seen; or it runs without an address.
    """
    found = _wait(host, context, lambda seen: _login(seen, context))
    if isinstance(found, Host) and context.provider.first_key is FirstKey.OPEN:
        found = _with_private_key(found, context)
    if isinstance(found, Host):
        context.progress.host(host.name, "up")
    return found


def _with_private_key(host: Host, context: WaitContext) -> Host:
    """The host with a key that it alone has: one it has already, or one that it is given now."""
    on_record = context.pins.of(host)
    if len(on_record) == 1:
        return host
    if on_record and host.host_key == on_record[0]:  # a killed run had come that far
        context.pins.put(host, host.host_key)
        return host
    context.progress.host(host.name, "first boot")
    return complete_first_boot(host, context.key, context.pins, timeout_s=_TIMEOUT_S[FirstKey.OPEN])


def _wait(host: Host, context: WaitContext, login: Callable[[Host], Host | NotYet]) -> Host | FailedHost:
    addressless_since: list[float] = []

    def probe() -> Host | FailedHost | NotYet:
        seen = _current_state(host, context)
        if isinstance(seen, _WithoutAddress):
            addressless_since.append(time.monotonic())
            if addressless_since[-1] - addressless_since[0] >= context.address_s:
                raise _no_address(host, context)
            return NotYet(f"{host.name} runs and has no address")
        addressless_since.clear()
        return login(seen) if isinstance(seen, Host) else seen

    timeout_s = _TIMEOUT_S[context.provider.first_key]
    try:
        # mypy makes `object` of the two.
        return cast("Host | FailedHost", wait_for(host.name, probe, timeout_s=timeout_s))
    except DeadlineError as error:
        known = _explanation(host, context)
        raise UnreachableError(
            f"{host.name} did not let us in within {timeout_s:g} s; last seen: {error.seen}"
            + (f"; {known}" if known else ""),
            "`orchestrate status`; then `orchestrate up` goes on from here",
        ) from error


def _explanation(host: Host, context: WaitContext) -> str:
    """What the provider says of it; where that is refused, why: the host's silence is what matters."""
    try:
        return context.provider.explain(host)
    except ProviderError as error:
        return f"why is not known: {error.cause}; try: {error.hint}"


class _WithoutAddress:
    """Of a host that runs."""


def _current_state(host: Host, context: WaitContext) -> Host | FailedHost | NotYet | _WithoutAddress:
    """The host once it runs and has an address. What runs already is not asked about again."""
    if context.key is None or (host.state is HostState.RUNNING and host.address and host.port):
        return host
    now = context.poller.now(host.name)
    if now is None:
        # Some providers show what they made only after a moment; others know that it is gone.
        why = context.provider.explain(host)
        return FailedHost(host=host, why=why) if why else NotYet(f"{host.name} is not to be seen yet")
    if now.state in {HostState.BROKEN, HostState.STOPPED}:
        return FailedHost(host=now, why=context.provider.explain(now) or f"it is {now.state}")
    if now.state is not HostState.RUNNING:
        return NotYet(f"{host.name} is {now.state}")
    return now if now.address else _WithoutAddress()


def _no_address(host: Host, context: WaitContext) -> UnreachableError:
    return UnreachableError(
        f"{host.name} ({host.provider_id}) has been running for {context.address_s:g} s without an address that it could be reached by",
        f"`orchestrate down --name {host.fleet}`, then `elastic_ip: true` or other `subnets:` under `aws:`; or `private: true`"
        " with a VPN",
    )


def _login(host: Host, context: WaitContext) -> Host | NotYet:
    """Try the keys on record, the newest first, or the one that the host was created with."""
    refused: HostKeyError | None = None
    for key in context.pins.of(host) or (host.host_key,):
        trusted = replace(host, host_key=key)
        with closing(shell_of(trusted, key=context.key)) as shell:
            try:
                answer = shell.run(("true",))
            except HostKeyError as error:
                refused = refused or error
                continue
            except UnreachableError as error:
                return NotYet(error.cause)
        return trusted if answer.exit_code == 0 else NotYet(answer.stderr.strip() or "`true` failed")
    assert refused is not None  # noqa: S101 - there is at least one key, and none was accepted
    raise refused
