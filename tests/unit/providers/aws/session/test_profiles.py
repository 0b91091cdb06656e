"""How one logs in anew, and which region is meant: by variables and profiles, as data."""

from pathlib import Path

import pytest

from orchestrator.errors import ConfigError
from orchestrator.providers.aws.session.profiles import Profiles, in_use, login, spoken, usual_region

PROFILES: Profiles = {
    "corp": {"sso_session": "corp", "sso_account_id": "1", "sso_role_name": "r"},
    "old": {"sso_start_url": "https://x"},
    "admin": {"role_arn": "arn:aws:iam::1:role/a", "source_profile": "corp"},
    "mfa": {
        "role_arn": "arn:aws:iam::1:role/a",
        "mfa_serial": "arn:aws:iam::1:mfa/me",
        "source_profile": "keys",
    },
    "keys": {"aws_access_key_id": "x"},
    "tool": {"credential_process": "/opt/tool"},
    "circle": {"source_profile": "circle"},
}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"AWS_PROFILE": "corp"}, "aws sso login --profile corp"),
        ({"AWS_DEFAULT_PROFILE": "old"}, "aws sso login --profile old"),
        ({"AWS_PROFILE": "admin"}, "aws sso login --profile corp"),
        ({"AWS_PROFILE": "mfa"}, "aws sts get-caller-identity --profile mfa asks for a new code of MFA"),
        ({"AWS_PROFILE": "tool"}, "log in to AWS again by what `credential_process` of profile tool asks"),
        ({"AWS_PROFILE": "keys"}, "log in to AWS again (`aws sso login`, or new keys)"),
        ({"AWS_PROFILE": "circle"}, "log in to AWS again (`aws sso login`, or new keys)"),
        ({"AWS_PROFILE": "none"}, "log in to AWS again (`aws sso login`, or new keys)"),
        (
            {"AWS_ACCESS_KEY_ID": "x", "AWS_SESSION_TOKEN": "y", "AWS_PROFILE": "corp"},
            "log in to AWS again and set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN anew (or `aws sso login`)",
        ),
    ],
)
def test_how_one_logs_in_follows_from_where_the_credentials_come_from(
    environ: dict[str, str], said: str
) -> None:
    assert login(environ, PROFILES) == said


def test_the_default_profile_needs_no_naming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_PROFILE", raising=False)
    assert in_use({}) == "default"
    assert spoken("aws configure{profile}") == "aws configure"
    monkeypatch.setenv("AWS_PROFILE", "lab")
    assert spoken("aws configure{profile}") == "aws configure --profile lab"


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "eu-west-1"}, ("us-west-2", "AWS_REGION")),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, ("eu-west-1", "AWS_DEFAULT_REGION")),
        ({}, ("eu-central-1", "profile lab")),
        ({"AWS_PROFILE": "none"}, ("", "")),
    ],
)
def test_the_region_is_the_one_that_the_aws_command_line_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], region: tuple[str, str]
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile lab]\nregion = eu-central-1\n", encoding="utf-8")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"AWS_PROFILE": "lab", "AWS_CONFIG_FILE": str(config)} | variables).items():
        monkeypatch.setenv(name, value)
    assert usual_region() == region


def test_what_is_no_region_is_refused_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "frankfurt")
    with pytest.raises(ConfigError, match="AWS_REGION: 'frankfurt' is no region"):
        usual_region()
