"""Sessions of boto3: the user's own as the AWS command line has it, or one that reads nothing of the user's. Asks AWS nothing."""

import os
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import suppress
from functools import cache
from getpass import getpass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from orchestrator.errors import NotAuthorizedError, UsageError
from orchestrator.providers.aws.session.profiles import spoken, usual_region

if TYPE_CHECKING:
    import boto3
    import botocore.session
    from botocore.loaders import Loader

AskCode = Callable[[str], str]
"""Shows a prompt to whoever is at the terminal, and returns what was typed."""

_PLAYED = "rehearsal"
_STS_REGION = "us-east-1"
"""Where a role is asked for when nothing names a region: the one that STS has always had."""
_CODE_LENGTH = 6
_ATTEMPTS = 3


def rehearsal_session() -> "boto3.session.Session":
    """For who plays AWS: neither files nor variables of the user, so that it needs no account, and cannot touch one.

    Raises:
        UsageError: boto3 is not installed.
    """
    _need_boto3()
    import boto3
    import botocore.session

    nothing = (None, None, None, None)
    blind = botocore.session.Session(
        session_vars={
            "profile": nothing,
            "config_file": (None, None, "/dev/null", None),
            "credentials_file": (None, None, "/dev/null", None),
            "ca_bundle": nothing,
        }
    )
    blind.register_component("data_loader", _descriptions())
    blind.set_credentials(_PLAYED, _PLAYED)
    return boto3.session.Session(botocore_session=blind)


def user_session(ask: AskCode | None = None) -> "boto3.session.Session":
    """With the credentials that the AWS command line would use: profile, SSO, MFA, program, role, variables.

    What a role or SSO gave is kept where the command line keeps it, so a code of MFA is asked for once for both.

    Args:
        ask: how a code of MFA is asked for; None asks in the terminal.

    Raises:
        UsageError: boto3 is not installed.
        BotoCoreError: there is no such profile.
    """
    _need_boto3()
    import boto3
    import botocore.session
    from botocore.credentials import create_credential_resolver

    session = botocore.session.Session()
    region, _ = usual_region()
    resolver = create_credential_resolver(
        session,
        cache=KeptCredentials(credential_cache()),  # type: ignore[arg-type]
        region_name=region or _STS_REGION,
    )
    setattr(resolver.get_provider("assume-role"), "_prompter", lambda prompt: code_of_mfa(prompt, ask))  # noqa: B010  botocore has no other way to say how a code is asked for
    session.register_component("credential_provider", resolver)
    _past_proxies(session)
    return boto3.session.Session(botocore_session=session)


def credential_cache() -> Path:
    """Where the AWS command line keeps what roles and SSO gave it."""
    return Path.home() / ".aws" / "cli" / "cache"


class KeptCredentials(MutableMapping[str, dict[str, object]]):
    """Temporary credentials in files that only their user may read. What cannot be read or kept is asked for anew.

    Args:
        folder: made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        from botocore.utils import JSONFileCache

        self._folder = folder
        self._files = JSONFileCache(str(folder))

    def __getitem__(self, key: str) -> dict[str, object]:
        """Raises KeyError where there is nothing that can be used."""
        kept: Any = self._files[key]
        credentials = kept.get("Credentials") if isinstance(kept, dict) else None
        wanted = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
        if not isinstance(credentials, dict) or not all(isinstance(credentials.get(k), str) for k in wanted):
            raise KeyError(key)
        return {"Credentials": credentials, **kept}

    def __setitem__(self, key: str, value: dict[str, object]) -> None:
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._files[key] = value

    def __delitem__(self, key: str) -> None:
        del self._files[key]

    def __iter__(self) -> Iterator[str]:
        return (path.stem for path in self._folder.glob("*.json"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def code_of_mfa(prompt: str, ask: AskCode | None) -> str:
    """What was typed: six digits.

    Raises:
        NotAuthorizedError: nobody is there to type, or it was something else three times.
    """
    if ask is None and not sys.stdin.isatty():
        raise NotAuthorizedError(
            f"AWS wants a code of MFA ({prompt.strip().rstrip(':')}), and nobody is there to type it",
            spoken(
                "aws sts get-caller-identity{profile} in a terminal, then run the command again: the session is kept for both"
            ),
        )
    for _ in range(_ATTEMPTS):
        try:
            typed = "".join((ask or getpass)(prompt).split())
        except EOFError as error:
            raise NotAuthorizedError("no code of MFA was typed", "run the command again") from error
        if len(typed) == _CODE_LENGTH and typed.isdecimal():
            return typed
    raise NotAuthorizedError(
        f"what was typed is no code of MFA: it has {_CODE_LENGTH} digits", "run the command again"
    )


def is_here(url: str) -> bool:
    """Whether an address is on this computer: no proxy leads there. Pure."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _past_proxies(session: "botocore.session.Session") -> None:
    """The clients that botocore itself makes (STS, SSO) use no proxy where what they ask is on this computer."""
    from botocore.config import Config

    names = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC")
    if any(is_here(os.environ.get(name, "")) for name in names):
        session.set_default_client_config(Config(proxies={}))


def _need_boto3() -> None:
    try:
        import boto3  # noqa: F401  seen whether it is there
    except ModuleNotFoundError as error:
        raise UsageError(
            "cloud aws needs boto3, which is not installed", "pip install 'orchestrate[aws]'"
        ) from error


@cache
def _descriptions() -> "Loader":
    """botocore's descriptions of the services: megabytes of JSON, read once however many rehearsals a process has."""
    from botocore.loaders import create_loader

    return create_loader()
