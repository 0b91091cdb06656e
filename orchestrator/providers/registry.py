"""Which provider a cloud's name means. Imports a provider only when it is asked for."""

from collections.abc import Callable
from difflib import get_close_matches

from orchestrator.errors import UsageError
from orchestrator.providers.base import Provider, Say
from orchestrator.providers.settings import ProviderSettings


def known_clouds() -> tuple[str, ...]:
    """The clouds that hosts come from."""
    return tuple(_OPENERS)


def open_provider(cloud: str, settings: ProviderSettings, say: Say) -> Provider:
    """The provider of that name. Asks nothing of it yet, so this works on a computer without its tools.

    Raises:
        UsageError: there is no such cloud, or its settings are missing.
    """
    if cloud not in _OPENERS:
        nearest = get_close_matches(cloud, known_clouds(), n=1)
        meant = f"did you mean {nearest[0]!r}? " if nearest else ""
        raise UsageError(f"unknown cloud {cloud!r}", f"{meant}known are {', '.join(known_clouds())}")
    return _OPENERS[cloud](settings, say)


def _open_sandbox(settings: ProviderSettings, say: Say) -> Provider:
    from orchestrator.providers.sandbox.provider import SandboxProvider

    return SandboxProvider(settings.sandbox, say, settings.owner)


def _open_onprem(settings: ProviderSettings, _say: Say) -> Provider:
    from orchestrator.providers.onprem import OnpremProvider

    if settings.onprem is None:
        raise UsageError("cloud onprem needs an inventory of its hosts", "set `inventory:` under `onprem:`")
    return OnpremProvider(settings.onprem)


def _open_aws(settings: ProviderSettings, say: Say) -> Provider:
    from orchestrator.providers.aws.provider import AwsProvider

    return AwsProvider(settings.aws, say, settings.owner)


_OPENERS: dict[str, Callable[[ProviderSettings, Say], Provider]] = {
    "sandbox": _open_sandbox,
    "onprem": _open_onprem,
    "aws": _open_aws,
}
