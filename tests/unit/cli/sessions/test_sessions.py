"""Real sessions with AWS, played: profiles, SSO, MFA, programs and roles, each with its sentence and without a traceback."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.errors import ExitCode
from orchestrator.rehearsal import Cloud, Fault
from tests.unit.cli.sessions.portal import TOKEN, portal
from tests.unit.cli.sessions.user import KEYS, Somebody

pytestmark = pytest.mark.served

ROLE = "role_arn = arn:aws:iam::123456789012:role/trainer\n"
MFA = f"[profile keys]\n{KEYS}[profile lab]\n{ROLE}source_profile = keys\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n"
SSO = """[profile lab]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = {role}
[sso-session corp]
sso_region = us-east-1
sso_start_url = https://corp.awsapps.com/start
sso_registration_scopes = sso:account:access
"""
PROMPT = "Enter MFA code for arn:aws:iam::123456789012:mfa/me"


@pytest.fixture
def somebody(tmp_path: Path) -> Iterator[Somebody]:
    with Cloud(settle_s=0) as cloud:
        yield Somebody(home=tmp_path, account=cloud)


def logged_in(somebody: Somebody, *, token: str, expires: str) -> None:
    """What `aws sso login` leaves behind."""
    folder = somebody.home / ".aws" / "sso" / "cache"
    folder.mkdir(parents=True)
    kept = {"startUrl": "https://corp.awsapps.com/start", "region": "us-east-1", "accessToken": token}
    path = folder / f"{hashlib.sha1(b'corp', usedforsecurity=False).hexdigest()}.json"
    path.write_text(json.dumps(kept | {"expiresAt": expires}), encoding="utf-8")


def program(somebody: Somebody, text: str) -> str:
    path = somebody.home / "program"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_a_profile_with_keys_is_used_and_its_region_is_asked(somebody: Somebody) -> None:
    somebody.configured(f"[profile lab]\n{KEYS}region = eu-west-1\n")
    said = somebody.types("status", profile="lab")
    assert said.returncode == ExitCode.OK, said.stderr
    assert {call.region for call in somebody.account.calls()} == {"eu-west-1"}
    somebody.account.clear_calls()
    somebody.types("status", profile="lab", variables={"AWS_REGION": "us-west-2"})
    assert {call.region for call in somebody.account.calls()} == {"us-west-2"}


def test_a_profile_that_is_not_there_is_named(somebody: Somebody) -> None:
    somebody.configured("")
    code, cause, hint = somebody.refusal(profile="lab")
    assert code == ExitCode.PROVIDER
    assert cause == "there is no such profile: The config profile (lab) could not be found"
    assert hint == "aws configure list-profiles, then AWS_PROFILE"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[profile lab]\naws_access_key_id = AKIAEXAMPLE\n", "the credentials are not complete"),
        ("[profile lab\nno", "the AWS configuration cannot be used: Unable to parse config file"),
        (
            f"[profile lab]\n{ROLE}source_profile = none\n",
            'the AWS configuration cannot be used: The source_profile "none"',
        ),
        (
            f"[profile lab]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = lab\n",
            "Infinite loop",
        ),
        (SSO.format(role="r").partition("[sso-session")[0], "sso-session does not exist"),
    ],
    ids=["half", "garbled", "no source", "circle", "no sso-session"],
)
def test_a_profile_that_cannot_be_used_says_what_is_wrong_with_it(
    somebody: Somebody, text: str, said: str
) -> None:
    somebody.configured(text)
    code, cause, hint = somebody.refusal(profile="lab")
    assert code == ExitCode.PROVIDER
    assert said in cause
    assert "--profile lab" in hint


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/nowhere/program --secret s3cret", "No such file or directory: '/nowhere/program'"),
        ("echo no", "Expecting value"),
        ("exit 3", "Error when retrieving credentials from custom-process:"),
        ("echo 'call the helpdesk' >&2; exit 1", "call the helpdesk"),
        ("echo '[]'", "AttributeError"),
        ("""echo '{"Version": 1}'""", "AccessKeyId"),
    ],
    ids=["missing", "no JSON", "fails", "says why", "a list", "no keys"],
)
def test_a_credential_program_that_gives_none_is_a_sentence(
    somebody: Somebody, command: str, said: str
) -> None:
    line = command if command.startswith("/") else program(somebody, command)
    somebody.configured(f"[profile lab]\ncredential_process = {line}\n")
    code, cause, hint = somebody.refusal(profile="lab")
    assert code == ExitCode.PROVIDER
    assert cause.startswith("the program of `credential_process` gave no credentials: ")
    assert said in cause
    assert "s3cret" not in cause
    assert hint.startswith("run it by hand")


def test_a_credential_program_is_used(somebody: Somebody) -> None:
    keys = {"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "s"}
    somebody.configured(
        f"[profile lab]\ncredential_process = {program(somebody, f'echo {json.dumps(keys)!r}')}\n"
    )
    assert somebody.types("status", profile="lab").returncode == ExitCode.OK


def test_sso_is_used_and_its_session_is_kept_where_only_the_user_reads_it(somebody: Somebody) -> None:
    somebody.configured(SSO.format(role="r"))
    logged_in(somebody, token=TOKEN, expires="2100-01-01T00:00:00Z")
    with portal() as url:
        said = somebody.types("status", profile="lab", variables={"AWS_ENDPOINT_URL_SSO": url})
        assert said.returncode == ExitCode.OK, said.stderr
        # Through a proxy that is not there: nothing of this goes through one.
        proxies = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
        said = somebody.types("status", profile="lab", variables={"AWS_ENDPOINT_URL_SSO": url} | proxies)
        assert said.returncode == ExitCode.OK, said.stderr
    (kept,) = (somebody.home / ".aws" / "cli" / "cache").iterdir()
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize(
    ("token", "expires", "role"),
    [("", "", "r"), (TOKEN, "2020-01-01T00:00:00Z", "r"), ("revoked", "2100-01-01T00:00:00Z", "r")],
    ids=["never logged in", "expired", "unauthorized"],
)
def test_sso_that_gives_nothing_says_how_to_log_in(
    somebody: Somebody, token: str, expires: str, role: str
) -> None:
    somebody.configured(SSO.format(role=role))
    if token:
        logged_in(somebody, token=token, expires=expires)
    with portal() as url:
        code, cause, hint = somebody.refusal(profile="lab", variables={"AWS_ENDPOINT_URL_SSO": url})
    assert code == ExitCode.PROVIDER
    assert cause.startswith("nobody is logged in by SSO, or the login has ended: ")
    assert hint == "aws sso login --profile lab, then run the command again"


def test_a_role_that_sso_does_not_give_is_no_matter_of_a_login(somebody: Somebody) -> None:
    somebody.configured(SSO.format(role="nobody"))
    logged_in(somebody, token=TOKEN, expires="2100-01-01T00:00:00Z")
    with portal() as url:
        _, cause, hint = somebody.refusal(profile="lab", variables={"AWS_ENDPOINT_URL_SSO": url})
    assert cause.startswith("SSO gives no such role")
    assert hint.startswith("compare `sso_account_id`")


def test_a_code_of_mfa_is_asked_for_once_for_all_commands(somebody: Somebody) -> None:
    somebody.configured(MFA)
    shown = somebody.answers("status", profile="lab", prompt=PROMPT, code="123 456")
    assert "has no hosts" in shown
    assert "123" not in shown.partition(PROMPT)[2].partition("\n")[0].partition("mfa/me")[2]
    again = somebody.types("status", profile="lab")
    assert again.returncode == ExitCode.OK, again.stderr
    assert [call.action for call in somebody.account.calls()].count("AssumeRole") == 1
    (kept,) = (somebody.home / ".aws" / "cli" / "cache").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_the_prompt_for_a_code_is_not_wiped_by_what_moves(somebody: Somebody) -> None:
    somebody.configured(MFA)
    shown = somebody.answers("up", "--yes", "--hosts", "1000", profile="lab", prompt=PROMPT, code="123456")
    behind = shown.partition(PROMPT)[2].partition("\n")[0]
    assert behind.strip(" :\r") == "", f"something was drawn over it: {behind!r}"
    assert "4000 are needed" in shown
    assert somebody.account.resource_ids() == ()


def test_without_a_terminal_nobody_is_asked_for_a_code(somebody: Somebody) -> None:
    somebody.configured(MFA)
    code, cause, hint = somebody.refusal(profile="lab")
    assert code == ExitCode.PROVIDER
    assert cause.startswith(f"AWS wants a code of MFA ({PROMPT})")
    assert hint.startswith("aws sts get-caller-identity --profile lab in a terminal")


def test_a_role_that_may_not_be_assumed_is_no_matter_of_the_policy(somebody: Somebody) -> None:
    somebody.configured(f"[profile keys]\n{KEYS}[profile lab]\n{ROLE}source_profile = keys\n")
    somebody.account.inject(Fault(action="AssumeRole", code="AccessDenied", status=403))
    code, cause, hint = somebody.refusal(profile="lab")
    assert code == ExitCode.PROVIDER
    assert cause.startswith("the role of the profile could not be assumed: ")
    assert "trust policy" in hint


def test_a_kept_session_that_cannot_be_read_is_asked_for_anew(somebody: Somebody) -> None:
    somebody.configured(f"[profile keys]\n{KEYS}[profile lab]\n{ROLE}source_profile = keys\n")
    assert somebody.types("status", profile="lab").returncode == ExitCode.OK
    (kept,) = (somebody.home / ".aws" / "cli" / "cache").iterdir()
    kept.write_text("{", encoding="utf-8")
    assert somebody.types("status", profile="lab").returncode == ExitCode.OK
    assert [call.action for call in somebody.account.calls()].count("AssumeRole") == 2


@pytest.mark.parametrize(
    ("code", "status", "hint"),
    [
        ("ExpiredToken", 400, "and set AWS_ACCESS_KEY_ID"),
        ("RequestExpired", 400, "and set AWS_ACCESS_KEY_ID"),
    ],
)
def test_a_session_that_has_ended_says_how_to_go_on(
    somebody: Somebody, code: str, status: int, hint: str
) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
    somebody.account.inject(Fault(action="*", code=code, status=status))
    exit_code, cause, seen = somebody.refusal(variables=keys)
    assert exit_code == ExitCode.PROVIDER
    assert "expired" in cause
    assert hint in seen
    assert "goes on from here" in seen
