"""Credentials that end before the command does: those that can be had anew are, without a word; what cannot be is said."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.errors import ExitCode
from orchestrator.rehearsal import Cloud, Fault
from orchestrator.rehearsal.cloud import AccountSettings
from orchestrator.rehearsal.faults import CALLER
from tests.unit.cli.inside import Here, Said

pytestmark = pytest.mark.served

FLEET = "name: t\ncloud: aws\naws: {ssh_from: [192.0.2.1/32], regions: [us-east-1], zones: [us-east-1a]}\n"
PROGRAM = """#!/bin/sh
echo x >> "$0.count"
n=$(wc -l < "$0.count")
[ "$n" -gt LAST ] && { echo "call the helpdesk" >&2; exit 1; }
ends=$(date -u -d "+5 minutes" +%Y-%m-%dT%H:%M:%SZ)
echo "{\\"Version\\": 1, \\"AccessKeyId\\": \\"ASIA${n}X\\", \\"SecretAccessKey\\": \\"s\\", \\"SessionToken\\": \\"t\\", \\"Expiration\\": \\"$ends\\"}"
"""
ROLE = """[profile keys]
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = example
[profile lab]
role_arn = arn:aws:iam::123456789012:role/trainer
source_profile = keys
duration_seconds = 900
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody whose profile is `lab`."""

    here: Here
    account: Cloud

    def configured(self, text: str) -> None:
        (self.here.home / "config").write_text(text, encoding="utf-8")

    def with_program(self, *, last: int) -> Path:
        """A profile whose program gives keys for five minutes, another one each time, `last` times."""
        program = self.here.home / "keys"
        program.write_text(PROGRAM.replace("LAST", str(last)), encoding="utf-8")
        program.chmod(0o755)
        self.configured(f"[profile lab]\ncredential_process = {program}\n")
        return program.with_name("keys.count")

    def types(self, *words: str) -> Said:
        return self.here.types(
            *words,
            variables={
                "HOME": str(self.here.home),
                "AWS_PROFILE": "lab",
                "AWS_CONFIG_FILE": str(self.here.home / "config"),
                "AWS_ENDPOINT_URL": self.account.url,
            },
        )


@pytest.fixture
def user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[User]:
    (tmp_path / "fleet.yml").write_text(FLEET, encoding="utf-8")
    with Cloud(settings=AccountSettings(settle_s=3600)) as account:
        yield User(here=Here(home=tmp_path, monkeypatch=monkeypatch, capsys=capsys), account=account)


def test_keys_of_a_program_are_had_anew_before_they_end(user: User) -> None:
    count = user.with_program(last=1000)
    user.account.inject(
        Fault(action="*", code="RequestExpired", when=((CALLER, "ASIA1X"),), after=1),
        Fault(action="*", code="RequestExpired", when=((CALLER, "ASIA2X"),), after=1),
    )
    said = user.types("plan")
    assert said.code == ExitCode.OK, said.err
    assert len(count.read_text(encoding="utf-8").splitlines()) > 2
    assert "expired" not in said.err


def test_a_role_is_assumed_anew_before_its_session_ends(user: User) -> None:
    user.configured(ROLE)
    said = user.types("plan")
    assert said.code == ExitCode.OK, said.err
    assert [call.action for call in user.account.calls()].count("AssumeRole") > 1


def test_a_program_that_gives_no_more_keys_while_hosts_start_ends_in_a_sentence_and_what_runs(
    user: User,
) -> None:
    user.with_program(last=20)
    said = user.types("up", "--yes")
    assert said.code == ExitCode.PROVIDER, said.err
    assert "the program of `credential_process` gave no credentials" in said.err
    assert "call the helpdesk" in said.err
    assert "on record, because AWS does not say: 1 host (t-1) runs, which costs $0.526 an hour" in said.err
    assert "Traceback" not in said.err
