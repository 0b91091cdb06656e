"""Whether names lead to this host, before an authority is asked: its refusals are counted. Changes nothing."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping

from gpuhost.certificate.explanations import AGAIN, Fault, forwarding

BEYOND = ("192.0.2.1", 9)
"""An address that nobody has (RFC 5737). Nothing is sent: only the route to it is looked up."""


def addresses_of(name: str) -> frozenset[str]:
    """Where the name leads; empty when nowhere."""
    try:
        found = socket.getaddrinfo(name, 80, proto=socket.IPPROTO_TCP)
    except OSError:
        return frozenset()
    return frozenset(str(address[0]) for *_, address in found)


def own_address() -> str:
    """This host's address on its default route; empty without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(BEYOND)
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def strangers(addresses: frozenset[str]) -> frozenset[str]:
    """Those that this host does not have."""
    return frozenset(address for address in addresses if not is_own(address))


def is_own(address: str) -> bool:
    """Whether this host has the address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def behind_router(seen: frozenset[str], own: str, public: str) -> bool:
    """Whether a name leads to a public address that is not the host's own: a router or a cloud has to pass it on."""
    return not public and not _is_public(own) and any(map(_is_public, seen))


def wrong_record(found: Mapping[str, frozenset[str]], own: str, public: str) -> Fault | None:
    """What is wrong with where the names lead, by name.

    `public` is what the operator says the host is reached at. Without it, a host with a private address cannot know whether a
    public one is its router's.
    """
    expected, after = public or own, f"wait until it has spread, then: {AGAIN}"
    for name, addresses in found.items():
        if not addresses:
            cause = f"no record: {name} leads nowhere, expected {expected}"
            return Fault(cause, f"set the A record of {name} to {expected}, {after}")
        wrong = strangers(addresses) - {public}
        if behind_router(wrong, own, public):
            wrong = frozenset(address for address in wrong if not _is_public(address))
        if wrong:
            if public and not _is_public(own):
                after = f"then {forwarding(own)}"
            return Fault(
                f"wrong record: {name} leads to {', '.join(sorted(wrong))}, expected {expected}",
                f"set the A record of {name} to {expected} and remove other A and AAAA records, {after}",
            )
    return None


def _is_public(address: str) -> bool:
    return bool(address) and ipaddress.ip_address(address.partition("%")[0]).is_global
