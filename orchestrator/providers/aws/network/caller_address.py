"""From where hosts may be logged in to: what the fleet file says, or the address that this computer has for the world.

Never the whole world.
"""

import urllib.request
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, collapse_addresses
from urllib.error import HTTPError, URLError

from orchestrator.errors import InputRefusedError, ProviderError
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import retried

CHECK_URL = "https://checkip.amazonaws.com"
"""Answers the address that a request comes from. AWS's own user guide for security groups names it."""
PLAYED_PATH = "/caller-address"
"""Who plays EC2 answers the same there."""

_TIMEOUT_S = 10
_MOST_BYTES = 64
_SET = "set `ssh_from:` under `aws:` to the address range of this computer, for example 198.51.100.7/32"
_WORLD = IPv4Network("0.0.0.0/0")


def allowed_cidrs(settings: AwsSettings) -> tuple[str, ...]:
    """The CIDRs that may reach sshd, each in its normal form.

    Raises:
        InputRefusedError: `ssh_from` holds what is no IPv4 network, or is open to the world; or hosts are private, and only
            the user can know from where they are reached.
        ProviderError: the address of this computer cannot be learned.
    """
    if settings.ssh_from:
        return normalize_cidrs(settings.ssh_from)
    if settings.private and not settings.endpoint_url:
        raise InputRefusedError(
            "private hosts are reached through a VPN or from inside, and the range of that is not known",
            "set `ssh_from:` under `aws:` to that range, for example 10.0.0.0/16",
        )
    return (f"{caller_address(settings.endpoint_url)}/32",)


def normalize_cidrs(ranges: tuple[str, ...]) -> tuple[str, ...]:
    """Address ranges in their normal form. Pure.

    Raises:
        InputRefusedError: one is no IPv4 network, or together they are the whole world.
    """
    networks = []
    for text in ranges:
        try:
            networks.append(IPv4Network(text, strict=False))
        except ValueError as error:
            raise InputRefusedError(f"{text} under `ssh_from:` is no IPv4 network", _SET) from error
    if _WORLD in collapse_addresses(networks):
        raise InputRefusedError("`ssh_from:` would let the whole world in", _SET)
    return tuple(dict.fromkeys(str(network) for network in networks))


def caller_address(endpoint_url: str = "") -> str:
    """The IPv4 address that this computer has for the world, or for who plays EC2 at `endpoint_url`.

    Asked without a proxy: SSH uses none either.

    Raises:
        ProviderError: nobody answered, or the answer is no IPv4 address.
    """
    url = f"{endpoint_url.rstrip('/')}{PLAYED_PATH}" if endpoint_url else CHECK_URL
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask() -> str:
        with opener.open(url, timeout=_TIMEOUT_S) as answer:
            said: bytes = answer.read(_MOST_BYTES)
        return said.decode("ascii", "replace").strip()

    try:
        text = retried(ask, _passes)
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise ProviderError(
            f"this computer's address cannot be learned from {url}: {reason}", _SET
        ) from error
    try:
        address = IPv4Address(text)
    except ValueError as error:
        raise ProviderError(f"{url} answered {text!r}, which is no IPv4 address", _SET) from error
    if address.is_unspecified or not (endpoint_url or address.is_global):
        raise ProviderError(f"{url} answered {address}, which is nobody's address", _SET)
    return str(address)


def _passes(error: Exception) -> bool:
    """A network or a server in trouble, and no refusal: https://www.rfc-editor.org/rfc/rfc9110#name-server-error-5xx."""
    if isinstance(error, HTTPError):
        return error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, OSError)
