"""The certificate in service, on this computer's disk and with its OpenSSL; and when an authority is asked for another."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.roles.scripts import script

certificates = script("web_certificate")
command = script("orchestrate_certificate")

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WISH = {
    "names": ["tls.lab.test", "www.lab.test"],
    "directory": "https://acme.lab.test/dir",
    "email": "",
    "challenge": "http-01",
    "ca_file": "",
    "public_address": "",
    "route53_credentials_file": "",
    "renew_days": 0,
}


def wish(**changes: object) -> Any:
    """What the role writes."""
    return command.parse_wish(json.dumps(WISH | changes))


def certificate(
    *, days: float = 90, age: float = 0, names: tuple[str, ...] = ("tls.lab.test", "www.lab.test")
) -> Any:
    """One that lives for so many days and is so many old."""
    begun = NOW - timedelta(days=age)
    return certificates.Certificate(
        names=frozenset(names),
        issuer="CN=Test",
        serial="0A",
        not_before=begun,
        not_after=begun + timedelta(days=days),
    )


@pytest.fixture
def shelf(tmp_path: Path) -> Any:
    """A host on which nothing was served yet."""
    return certificates.Shelf(tmp_path)


def test_a_host_begins_with_a_certificate_of_its_own_and_keeps_it(shelf: Any) -> None:
    assert shelf.begin(("tls.lab.test", "www.lab.test"))
    first = certificates.read(shelf.link)
    assert not shelf.begin(("tls.lab.test", "www.lab.test"))
    assert certificates.read(shelf.link) == first
    assert first.names == {"tls.lab.test", "www.lab.test"}
    assert first.issuer == "CN=tls.lab.test"
    assert not shelf.is_real()
    assert (shelf.self_signed / "privkey.pem").stat().st_mode & 0o077 == 0


def test_a_host_with_other_names_gets_another_of_its_own(shelf: Any) -> None:
    shelf.begin(("tls.lab.test",))
    assert shelf.begin(("new.lab.test",))
    assert certificates.read(shelf.link).names == {"new.lab.test"}


def test_a_certificate_of_an_authority_stays_in_service_when_the_names_change(shelf: Any) -> None:
    shelf.live.parent.mkdir(parents=True)
    certificates.sign(shelf.live, ("tls.lab.test",))
    assert shelf.begin(("new.lab.test",))
    assert shelf.is_real()
    assert certificates.read(shelf.link).names == {"tls.lab.test"}


def test_the_status_tells_what_is_served_and_what_failed(shelf: Any) -> None:
    shelf.begin(("tls.lab.test",))
    shelf.tell("the cause\n  try: the way", NOW)
    told = json.loads(shelf.status.read_text())
    assert told == shelf.told()
    assert (told["names"], told["self_signed"]) == (["tls.lab.test"], True)
    assert told["last_failure"] == "the cause\n  try: the way"
    assert told["last_attempt"] == "2026-11-21T12:00:00+00:00"
    assert shelf.status.stat().st_mode & 0o777 == 0o644


def test_a_status_that_cannot_be_read_is_none(shelf: Any) -> None:
    shelf.status.write_text("{")
    assert shelf.told() == {}


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
    there: Any, days: int, *, due: bool
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
    there: Any, directory: str, why: str, *, renews: bool
) -> None:
    assert command.lacks(there, directory, wish(), NOW, renews=renews) == why


def test_a_clock_that_is_behind_is_told_with_both_times() -> None:
    told = certificate(age=-2).wrong_clock(NOW)
    assert told.cause.endswith("says 2026-11-21 12:00 UTC, and its certificate was made later, on 2026-11-23")
    assert certificate(age=0).wrong_clock(NOW) is None


def test_certbot_gets_each_name_the_folders_and_no_mail_address_where_there_is_none(shelf: Any) -> None:
    argv = command.certbot(shelf, wish())
    assert [argv[at + 1] for at, word in enumerate(argv) if word == "--domain"] == [
        "tls.lab.test",
        "www.lab.test",
    ]
    assert argv[argv.index("--config-dir") + 1] == str(shelf.certbot)
    assert argv[argv.index("--webroot-path") + 1] == str(shelf.webroot)
    assert "--register-unsafely-without-email" in argv


def test_certbot_writes_to_the_zone_where_that_is_the_challenge(shelf: Any) -> None:
    argv = command.certbot(shelf, wish(challenge="dns-01-route53", email="a@lab.test"))
    assert "--dns-route53" in argv
    assert "--webroot" not in argv
    assert argv[argv.index("--email") + 1] == "a@lab.test"


def test_a_word_that_is_no_command_is_answered_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["fetch"]) == 2
    assert "orchestrate-certificate renew" in capsys.readouterr().err
