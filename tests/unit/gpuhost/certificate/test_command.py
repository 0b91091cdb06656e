"""The certificate in service, on this computer's disk and with its OpenSSL; and when an authority is asked for another."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpuhost.certificate import command, retrying, store
from gpuhost.certificate.store import Certificate, Store

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
REQUEST = {
    "names": ["tls.lab.test", "www.lab.test"],
    "directory": "https://acme.lab.test/dir",
    "email": "",
    "challenge": "http-01",
    "ca_file": "",
    "public_address": "",
    "route53_credentials_file": "",
    "renew_days": 0,
}


def request(**changes: object) -> store.Request:
    """What the role writes."""
    return store.parse_request(json.dumps(REQUEST | changes))


def certificate(
    *, days: float = 90, age: float = 0, names: tuple[str, ...] = ("tls.lab.test", "www.lab.test")
) -> Certificate:
    """One that lives for so many days and is so many old."""
    begun = NOW - timedelta(days=age)
    return Certificate(
        names=frozenset(names),
        issuer="CN=Test",
        serial="0A",
        not_before=begun,
        not_after=begun + timedelta(days=days),
    )


@pytest.fixture
def kept(tmp_path: Path) -> Store:
    """A host on which nothing was served yet."""
    return Store(tmp_path)


def served(kept: Store) -> Certificate:
    """The one in service."""
    found = store.read(kept.link)
    assert found is not None
    return found


def test_a_host_begins_with_a_certificate_of_its_own_and_keeps_it(kept: Store) -> None:
    assert kept.begin(("tls.lab.test", "www.lab.test"))
    first = served(kept)
    assert not kept.begin(("tls.lab.test", "www.lab.test"))
    assert served(kept) == first
    assert first.names == {"tls.lab.test", "www.lab.test"}
    assert first.issuer == "CN=tls.lab.test"
    assert not kept.serves_issued()
    assert (kept.self_signed / "privkey.pem").stat().st_mode & 0o077 == 0


def test_a_host_with_other_names_gets_another_of_its_own(kept: Store) -> None:
    kept.begin(("tls.lab.test",))
    assert kept.begin(("new.lab.test",))
    assert served(kept).names == {"new.lab.test"}


def test_a_certificate_of_an_authority_stays_in_service_when_the_names_change(kept: Store) -> None:
    kept.live.parent.mkdir(parents=True)
    store.sign(kept.live, ("tls.lab.test",))
    assert kept.begin(("new.lab.test",))
    assert kept.serves_issued()
    assert served(kept).names == {"tls.lab.test"}


def test_the_status_tells_what_is_served_and_what_failed(kept: Store) -> None:
    kept.begin(("tls.lab.test",))
    kept.write_status("the cause\n  try: the way", NOW)
    told = json.loads(kept.status_file.read_text())
    assert told == kept.status()
    assert (told["names"], told["self_signed"]) == (["tls.lab.test"], True)
    assert told["last_failure"] == "the cause\n  try: the way"
    assert told["last_attempt"] == "2026-11-21T12:00:00+00:00"
    assert kept.status_file.stat().st_mode & 0o777 == 0o644


def test_a_status_that_cannot_be_read_is_none(kept: Store) -> None:
    kept.status_file.write_text("{")
    assert kept.status() == {}


@pytest.mark.parametrize(
    ("there", "days", "due"),
    [
        (certificate(days=90, age=59), 0, False),
        (certificate(days=90, age=61), 0, True),
        (certificate(days=6, age=3), 0, False),
        (certificate(days=6, age=5), 0, True),
        (certificate(days=90, age=59), 31, False),
        (certificate(days=90, age=60), 31, True),
    ],
)
def test_a_certificate_is_due_in_the_last_third_of_its_life_or_so_many_days_before_its_end(
    there: Certificate, days: int, *, due: bool
) -> None:
    assert there.is_due(NOW, days) is due


@pytest.mark.parametrize(
    ("there", "directory", "renews", "why"),
    [
        (None, "", False, "there is none"),
        (certificate(), "https://acme.lab.test/dir", True, ""),
        (certificate(names=("tls.lab.test",)), "https://acme.lab.test/dir", False, "it is for other names"),
        (certificate(), "https://staging.lab.test/dir", False, "it is by another authority"),
        (certificate(age=80), "https://acme.lab.test/dir", False, ""),
        (certificate(age=80), "https://acme.lab.test/dir", True, "it nears its end"),
        (certificate(age=-2), "https://acme.lab.test/dir", True, "the clock is behind"),
        (certificate(age=91), "https://acme.lab.test/dir", False, "it nears its end"),
    ],
)
def test_an_authority_is_asked_only_where_something_lacks(
    there: Certificate | None, directory: str, why: str, *, renews: bool
) -> None:
    assert command.lacks(there, directory, request(), NOW, renews=renews) == why


def test_a_clock_that_is_behind_is_told_with_both_times() -> None:
    told = certificate(age=-2).wrong_clock(NOW)
    assert told is not None
    assert told.cause.endswith("says 2026-11-21 12:00 UTC, and its certificate was made later, on 2026-11-23")
    assert certificate(age=0).wrong_clock(NOW) is None


def test_certbot_gets_each_name_the_folders_and_no_mail_address_where_there_is_none(kept: Store) -> None:
    argv = command.certbot(kept, request())
    assert [argv[at + 1] for at, word in enumerate(argv) if word == "--domain"] == [
        "tls.lab.test",
        "www.lab.test",
    ]
    assert argv[argv.index("--config-dir") + 1] == str(kept.certbot)
    assert argv[argv.index("--webroot-path") + 1] == str(kept.state / "acme")
    assert "--register-unsafely-without-email" in argv


def test_certbot_writes_to_the_zone_where_that_is_the_challenge(kept: Store) -> None:
    argv = command.certbot(kept, request(challenge="dns-01-route53", email="a@lab.test"))
    assert "--dns-route53" in argv
    assert "--webroot" not in argv
    assert argv[argv.index("--email") + 1] == "a@lab.test"


def test_a_word_that_is_no_command_is_answered_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["fetch"])
    assert caught.value.code == 2
    assert "usage: orchestrate-certificate [-h] {begin,issue,renew,status}" in capsys.readouterr().err


class Programs:
    """Stand in for certbot and systemctl, and write down how they were called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = folder / "calls"
        self._folder = folder / "programs"
        self._folder.mkdir()
        monkeypatch.setenv("PATH", f"{self._folder}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setattr(retrying, "PAUSES_S", (0.0, 0.0, 0.0))
        self.do("systemctl", "exit 0")

    def do(self, name: str, body: str) -> None:
        path = self._folder / name
        path.write_text(f'#!/bin/sh\necho "{name} $1" >>{self.calls}\n{body}\n')
        path.chmod(0o755)

    def issue(self, kept: Store, *, once_said: str = "") -> None:
        """Have certbot put a certificate there; before, it fails once with these words."""
        store.sign(kept.state / "next", ("localhost",))
        kept.live.parent.mkdir(parents=True)
        mark = kept.state / "said"
        self.do(
            "certbot",
            f"if [ -n '{once_said}' ] && [ ! -e {mark} ]; then touch {mark}; echo '{once_said}'; exit 1; fi\n"
            f"mv {kept.state}/next {kept.live}",
        )

    @property
    def called(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def programs(kept: Store, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(kept.state, monkeypatch)


LOCAL = {"names": ["localhost"], "public_address": "127.0.0.1"}


def test_a_certificate_that_was_issued_is_served_and_told(kept: Store, programs: Programs) -> None:
    programs.issue(kept)
    kept.begin(("localhost",))
    assert command.have(kept, request(**LOCAL), renews=False).startswith(
        "new: localhost by CN=localhost until "
    )
    assert programs.called == ["certbot certonly", "systemctl try-reload-or-restart"]
    assert kept.serves_issued()
    assert (kept.status()["self_signed"], kept.status()["last_failure"]) == (False, None)


@pytest.mark.parametrize(
    "said",
    [
        "Connection refused",
        "acme.messages.Error: urn:ietf:params:acme:error:badNonce :: invalid :: anti-replay",
        "acme.messages.Error: urn:ietf:params:acme:error:accountDoesNotExist :: unknown :: no account",
    ],
)
def test_certbot_is_run_again_after_what_passes_and_where_the_account_is_gone(
    kept: Store, programs: Programs, said: str
) -> None:
    programs.issue(kept, once_said=said)
    account = kept.certbot / "accounts" / "acme.lab.test" / "one"
    account.mkdir(parents=True)
    assert command.have(kept, request(**LOCAL), renews=False).startswith("new: ")
    assert programs.called[:2] == ["certbot certonly"] * 2
    assert account.exists() is ("account" not in said)


def test_a_certbot_that_fails_without_a_word_is_no_success(kept: Store, programs: Programs) -> None:
    programs.do("certbot", "exit 1")
    kept.begin(("localhost",))
    with pytest.raises(command.FailedError, match="certbot fails: it says nothing"):
        command.have(kept, request(**LOCAL), renews=False)
    assert not kept.serves_issued()
    assert str(kept.status()["last_failure"]).startswith("certbot fails: it says nothing")


def test_an_nginx_that_does_not_take_it_is_told_with_what_says_why(kept: Store, programs: Programs) -> None:
    programs.issue(kept)
    programs.do("systemctl", "exit 1")
    with pytest.raises(command.FailedError, match="\n  try: sudo nginx -t says why"):
        command.have(kept, request(**LOCAL), renews=False)
