"""Which profile is in use, how one logs in anew with it, and the region that it names. Reads the AWS configuration; asks nobody."""

import os
import re
from collections.abc import Iterator, Mapping

from orchestrator.errors import ConfigError

Profiles = Mapping[str, Mapping[str, object]]

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""In the order in which the AWS command line reads them."""


def spoken(hint: str) -> str:
    """A hint with `{profile}` and `{login}` filled in for the session in use."""
    if "{" not in hint:
        return hint
    name = in_use(os.environ)
    said = hint.replace("{login}", login(os.environ, _configured()))
    return said.replace("{profile}", f" --profile {name}" if name != "default" else "")


def in_use(environ: Mapping[str, str]) -> str:
    """The profile's name. Pure."""
    return environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"


def login(environ: Mapping[str, str], profiles: Profiles) -> str:
    """How one logs in anew, to be read at the beginning of a hint. Pure.

    Args:
        environ: the process's.
        profiles: as the AWS configuration has them, by name.
    """
    if environ.get("AWS_ACCESS_KEY_ID"):  # these go before any profile
        token = ", AWS_SESSION_TOKEN" if environ.get("AWS_SESSION_TOKEN") else ""
        return f"log in to AWS again and set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY{token} anew (or `aws sso login`)"
    chain = tuple(_chain(in_use(environ), profiles))
    for name, profile in chain:
        if "sso_session" in profile or "sso_start_url" in profile:
            return f"aws sso login --profile {name}"
        if "login_session" in profile:
            return f"aws login --profile {name}"
        if "credential_process" in profile:
            return f"log in to AWS again by what `credential_process` of profile {name} asks"
    if any("mfa_serial" in profile for _, profile in chain):
        return f"aws sts get-caller-identity --profile {chain[0][0]} asks for a new code of MFA"
    return "log in to AWS again (`aws sso login`, or new keys)"


def usual_region() -> tuple[str, str]:
    """(Region, where it was said) that the AWS command line would ask; both empty when none was said.

    Raises:
        ConfigError: what was said is no region.
    """
    profile = in_use(os.environ)
    said = {name: os.environ.get(name, "") for name in _REGION_VARIABLES}
    where = next((name for name in said if said[name]), "")
    region = said.get(where, "")
    if not where:
        region, where = str(_configured().get(profile, {}).get("region") or ""), f"profile {profile}"
    if region and not _REGION.fullmatch(region):
        raise ConfigError(
            f"{where}: {region!r} is no region", "us-east-1, for example; or `regions:` under `aws:`"
        )
    return (region, where) if region else ("", "")


def _chain(name: str, profiles: Profiles) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The profile and those that its roles are assumed from."""
    seen: set[str] = set()
    while name in profiles and name not in seen:
        seen.add(name)
        yield name, profiles[name]
        name = str(profiles[name].get("source_profile") or "")


def _configured() -> Profiles:
    """Empty when boto3 is not installed or the files cannot be read: whoever asks AWS is told that."""
    try:
        import botocore.session
        from botocore.exceptions import BotoCoreError
    except ModuleNotFoundError:
        return {}
    try:
        found: Profiles = botocore.session.Session().full_config.get("profiles", {})
    except (BotoCoreError, OSError, ValueError):
        return {}
    return found
