"""What is told of a certificate that was not to be had: from what certbot of Debian 12 and 13 said, and from addresses."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gpuhost.certificate import faults, names
from gpuhost.certificate.store import Request

SAID = Path(__file__).parents[3] / "data" / "certbot"
OWN = "10.0.0.5"
PUBLIC = "9.9.9.9"


def attempt(*, behind_router: bool = False, challenge: str = "http-01") -> faults.Attempt:
    """Of a host with an address of its own that asks for one name."""
    request = Request(
        names=("tls.lab.test",),
        directory="https://acme.lab.test:14000/dir",
        email="",
        challenge=challenge,
        ca_file="",
        public_address=PUBLIC,
        route53_credentials_file="",
        renew_days=0,
    )
    return faults.Attempt(request, OWN, behind_router=behind_router, now=datetime(2031, 5, 4, 12, tzinfo=UTC))


def problem(kind: str, detail: str) -> str:
    """How certbot prints a problem with a name."""
    return f"reported these problems:\n  Domain: tls.lab.test\n  Type:   {kind}\n  Detail: {detail}\n\nHint: none\n"


@pytest.mark.parametrize("debian", ["debian-12", "debian-13"])
@pytest.mark.parametrize(
    ("fault", "cause", "hint"),
    [
        ("connection", "the authority cannot reach tls.lab.test on port 80 (dial tcp", "open TCP 80 and 443"),
        ("unauthorized", "the authority reaches another server as ", "remove an AAAA record"),
        (
            "dns",
            "the authority finds no address of tls.lab.test (could not",
            f"of tls.lab.test to {PUBLIC}, wait",
        ),
        ("down", "the ACME server acme.lab.test does not answer (connection refused)", "wait, the timer"),
        (
            "future",
            "this host's clock says 2031-05-04 12:00 UTC, when the certificate of the ACME",
            "set the clock",
        ),
        (
            "past",
            "this host's clock says 2031-05-04 12:00 UTC, when the certificate of the ACME",
            "set the clock",
        ),
        ("untrusted", "this host does not trust who signed", "set nginx_acme_ca_file"),
        (
            "mismatch",
            "the certificate of the ACME server is not for acme.lab.test",
            "set nginx_acme_directory",
        ),
        ("nohost", "this host finds no address of the ACME server", "name server"),
        (
            "notacme",
            "the ACME server answers https://acme.lab.test:14000/dir with <Response [404]>",
            "directory",
        ),
        ("limited", "the authority's rate limit is reached (too many", "wait until 2031-05-04 12:00:00 UTC"),
        ("account", "the authority acme.lab.test no longer knows this host's account", "accounts away"),
    ],
)
def test_what_certbot_said_is_told_in_a_line_with_the_next_step(
    debian: str, fault: str, cause: str, hint: str
) -> None:
    told = faults.read_fault((SAID / debian / f"{fault}.txt").read_text(), attempt())
    assert told.cause.startswith(cause)
    assert hint in told.hint
    assert str(told).count("\n") == 1


def test_a_clock_that_is_ahead_is_told_from_one_that_is_behind() -> None:
    told = [
        faults.read_fault((SAID / "debian-13" / f"{name}.txt").read_text(), attempt())
        for name in ("future", "past")
    ]
    assert [each.cause.split("acme.lab.test ")[1] for each in told] == ["has expired", "is not valid yet"]


@pytest.mark.parametrize(
    ("kind", "detail", "cause", "hint"),
    [
        (
            "connection",
            "9.9.9.9: Fetching http://tls.lab.test/.well-known/acme-challenge/x: Timeout during connect (likely firewall problem)",
            "cannot reach tls.lab.test on port 80 (9.9.9.9: Timeout during connect (likely firewall problem))",
            "open TCP 80",
        ),
        (
            "dns",
            "DNS problem: NXDOMAIN looking up A for tls.lab.test - check that a DNS record exists for this domain",
            "finds no address of tls.lab.test (DNS problem: NXDOMAIN",
            "set the A record",
        ),
        (
            "caa",
            "CAA record for tls.lab.test prevents issuance",
            "a CAA record of tls.lab.test forbids",
            "CAA records",
        ),
        ("malformed", "no", "refuses tls.lab.test with malformed (no)", "letsencrypt.log"),
    ],
)
def test_what_lets_encrypt_says_is_told_too(kind: str, detail: str, cause: str, hint: str) -> None:
    told = faults.read_fault(problem(kind, detail), attempt())
    assert cause in told.cause
    assert hint in told.hint


def test_a_host_behind_a_router_is_told_which_ports_to_forward_and_what_else_it_may_do() -> None:
    told = faults.read_fault(problem("connection", "Timeout during connect"), attempt(behind_router=True))
    assert f"forward TCP 80 and 443 on the router to {OWN}" in told.hint
    assert "dns-01-route53" in told.hint
    assert "SSH tunnel" in told.hint


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (problem("dns", "NXDOMAIN looking up TXT"), "does not find the proof for tls.lab.test in its zone"),
        ("Unable to locate credentials\nTo use certbot-dns-route53", "Route 53 does not let this host write"),
        ("An error occurred (AccessDenied) when calling the ListHostedZones", "(AccessDenied)"),
        ("Unable to find a Route53 hosted zone for _acme-challenge.tls.lab.test", "no zone for tls.lab.test"),
    ],
)
def test_a_proof_in_the_zone_has_faults_of_its_own(said: str, cause: str) -> None:
    assert cause in faults.read_fault(said, attempt(challenge="dns-01-route53")).cause


def test_what_is_not_known_is_told_as_it_came() -> None:
    assert (
        faults.read_fault("Saving debug log\nsomething odd\nAsk for help", attempt()).cause
        == "certbot fails: something odd"
    )
    assert faults.read_fault("", attempt()).cause == "certbot fails: it says nothing"


@pytest.mark.parametrize(
    ("seen", "own", "public", "told"),
    [
        ("127.0.0.1", OWN, "", ""),  # its own
        ("9.9.9.9", OWN, "", ""),  # its router's, for all it knows
        ("9.9.9.9", OWN, "9.9.9.9", ""),
        ("8.8.8.8", OWN, "9.9.9.9", "leads to 8.8.8.8, expected 9.9.9.9"),
        ("8.8.8.8", "9.9.9.9", "", "leads to 8.8.8.8, expected 9.9.9.9"),
        ("10.0.0.77", OWN, "", "leads to 10.0.0.77, expected 10.0.0.5"),
        ("2620:fe::fe", "9.9.9.9", "", "leads to 2620:fe::fe, expected 9.9.9.9"),
    ],
)
def test_a_record_that_leads_elsewhere_is_seen_before_the_authority_is_asked(
    seen: str, own: str, public: str, told: str
) -> None:
    wrong = names.wrong_record({"tls.lab.test": frozenset({seen})}, own, public)
    assert (wrong.cause if wrong else "") == (f"wrong record: tls.lab.test {told}" if told else "")


def test_a_name_that_leads_nowhere_is_told_with_where_it_has_to_lead() -> None:
    missing = names.wrong_record({"tls.lab.test": frozenset()}, OWN, PUBLIC)
    assert missing is not None
    assert missing.cause == f"no record: tls.lab.test leads nowhere, expected {PUBLIC}"


def test_a_host_knows_its_own_addresses() -> None:
    assert names.is_own("127.0.0.1")
    assert not names.is_own("192.0.2.1")
    assert names.addresses_of("localhost") & {"127.0.0.1", "::1"}
    assert names.addresses_of("nowhere.invalid") == frozenset()


ERROR = "acme.messages.Error: urn:ietf:params:acme:error:{} :: what it means :: its detail\n"
PROOF = "  Domain: a.test\n  Type:   connection\n  Detail: 192.0.2.1: Connection refused\n"


@pytest.mark.parametrize("kind", ["badNonce", "serverInternal", "orderNotReady"])
def test_an_authoritys_own_trouble_passes(kind: str) -> None:
    assert faults.transient(ERROR.format(kind)) == f"{kind}: its detail"


@pytest.mark.parametrize("said", [ERROR.format("rateLimited"), ERROR.format("rejectedIdentifier"), PROOF])
def test_what_an_authority_counts_as_a_try_is_not_repeated(said: str) -> None:
    assert faults.transient(said) == ""


@pytest.mark.parametrize(
    "said",
    [
        "requests.exceptions.ConnectionError: Failed to establish a new connection: [Errno 111] Connection refused",
        "An unexpected error occurred: <Response [503]>",
        "NameResolutionError: Temporary failure in name resolution",
    ],
)
def test_an_authority_that_cannot_be_reached_is_asked_again(said: str) -> None:
    assert faults.transient(said)
