"""Why a certificate authority gave no certificate, read from what certbot said. Pure: asks nobody and changes nothing.

Certbot 2.1 of Debian 12 often prints an error of its own instead of the authority's; its log has the authority's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

AGAIN = "sudo systemctl start orchestrate-renew"
READ = "read /var/lib/orchestrate/web/certbot/logs/letsencrypt.log (sudo)"
NOISE = re.compile("Ask for help|Saving debug")

PROBLEM = re.compile(
    r"^ +Domain: (?P<name>\S+)\n +Type: +(?P<type>\w+)\n +Detail: (?P<detail>.*)$", re.MULTILINE
)
"""How certbot prints a problem with one of the names."""

ERROR = re.compile(
    r"^acme\.messages\.Error: urn:ietf:params:acme:error:(\w+) :: [^\n]*? :: ([^\n]*)$", re.MULTILINE
)
"""How its log ends when the authority refuses as a whole."""

RETRY = re.compile(r"retry after ([\d-]+[ T][\d:]+(?: ?UTC|Z)?)", re.IGNORECASE)
UNRESOLVED = re.compile(
    r"NXDOMAIN|SERVFAIL|no valid (A|AAAA) records|could not resolve|no such host", re.IGNORECASE
)
PASSING_KINDS = frozenset({"badNonce", "serverInternal", "orderNotReady"})
"""Types of problems that another request may not meet. Not `rateLimited`, and no failed proof: each of those is counted."""
PASSING_SILENCE = re.compile(
    r"Connection (refused|reset|aborted)|timed out|Network is unreachable|No route to host|without response"
    r"|Temporary failure in name resolution|<Response \[50[0234]\]>"
)

LONGEST = 300
"""Characters of an authority's own words in a line of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What went wrong and what to do next, one line each."""

    cause: str
    hint: str

    def __str__(self) -> str:
        return f"{self.cause}\n  try: {self.hint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """From where the authority was asked."""

    directory: str
    """The ACME server's address."""
    names: tuple[str, ...]
    address: str
    """Where the names have to lead; empty when not known."""
    behind_router: bool
    """The host has a private address, and the names lead to a public one."""
    private: str
    """The host's own address, to which a router has to forward."""
    by_dns: bool
    """The challenge is a DNS record, not a file."""
    clock: str
    """The host's time of day."""

    @property
    def server(self) -> str:
        """The ACME server's name."""
        return urlsplit(self.directory).hostname or self.directory


def read_fault(text: str, place: Place) -> Fault:
    """The fault that certbot's output, with its log behind it, tells of."""
    if problems := [found.groupdict() for found in PROBLEM.finditer(text)]:
        kind = problems[0]["type"]
        names = tuple(dict.fromkeys(each["name"] for each in problems if each["type"] == kind))
        return refusal(kind, brief(problems[0]["detail"]), names, place)
    if errors := ERROR.findall(text):
        kind, detail = errors[-1]
        return refusal(kind, brief(detail), place.names, place)
    for pattern, cause, hint in SILENCES:
        if found := re.search(pattern, text):
            told = circumstances(brief(found[0]), place)
            return Fault(cause=cause.format(**told), hint=hint.format(**told))
    lines = [line for line in text.splitlines() if line.strip() and not NOISE.match(line)]
    return Fault(cause=f"certbot fails: {brief(lines[-1]) if lines else 'it says nothing'}", hint=READ)


def passing(text: str) -> str:
    """What in certbot's output will pass by itself, the authority's own trouble or the network's; empty for anything else."""
    if PROBLEM.search(text):
        return ""
    if errors := ERROR.findall(text):
        kind, detail = errors[-1]
        return f"{kind}: {brief(detail)}" if kind in PASSING_KINDS else ""
    found = PASSING_SILENCE.search(text)
    return found[0] if found else ""


def refusal(kind: str, detail: str, names: tuple[str, ...], place: Place) -> Fault:
    """The fault for a problem of RFC 8555, by the last word of its type."""
    who = listed(names)
    if kind == "connection" and UNRESOLVED.search(detail):
        kind = "dns"
    if place.by_dns and kind in {"dns", "unauthorized", "incorrectResponse"}:
        return Fault(
            cause=f"the authority does not find the proof for {who} in its zone ({detail})",
            hint=f"see that the NS records of {who} lead to the zone in Route 53 that this host may write to, then: {AGAIN}",
        )
    if kind in {"connection", "unauthorized", "incorrectResponse", "tls"}:
        seen = "cannot reach" if kind == "connection" else "reaches another server as"
        return Fault(
            cause=f"the authority {seen} {who} on port 80 ({detail})", hint=way_in(kind, names, place)
        )
    if kind == "rateLimited":
        when = RETRY.search(detail)
        return Fault(
            cause=f"the authority's rate limit is reached ({detail})",
            hint=f"wait{f' until {when[1]}' if when else ''}, the timer asks again by itself; set nginx_acme_staging: true to try things out",
        )
    for kinds, cause, hint in REFUSALS:
        if kind in kinds:
            return Fault(
                cause=cause.format(who=who, server=place.server, detail=detail),
                hint=hint.format(who=who, address=place.address or "this host's address"),
            )
    return Fault(
        cause=f"the authority at {place.server} refuses {who} with {kind} ({detail})",
        hint=READ,
    )


def circumstances(words: str, place: Place) -> dict[str, str]:
    """What a sentence may name."""
    return {
        "words": words[:1].lower() + words[1:],
        "state": "has expired" if "expired" in words else "is not valid yet",
        "who": listed(place.names),
        "server": place.server,
        "directory": place.directory,
        "clock": place.clock,
    }


def way_in(kind: str, names: tuple[str, ...], place: Place) -> str:
    """How the authority comes to this host."""
    if place.behind_router:
        return forwarding(place.private)
    record = f"the record of {listed(names)} to {place.address or 'this host'}"
    if kind == "connection":
        return f"open TCP 80 and 443 to this host in its firewall and in the cloud's, lead {record}, then: {AGAIN}"
    return f"lead {record}, remove an AAAA record that leads elsewhere, then: {AGAIN}"


def forwarding(private: str) -> str:
    """The three ways of a host behind a home router."""
    return (
        f"forward TCP 80 and 443 on the router to {private}, or set nginx_acme_challenge: dns-01-route53, "
        "or stay with the SSH tunnel and set nginx_names: []"
    )


def listed(names: Iterable[str]) -> str:
    """Names in a sentence."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def brief(words: str) -> str:
    """One line without the addresses of challenges, which nobody can use."""
    words = re.sub(
        r'(Get |Fetching )?"?https?://\S*/\.well-known/[^\s":]*"?:? ?', "", " ".join(words.split())
    )
    return f"{words[:LONGEST]}…" if len(words) > LONGEST else words


REFUSALS = (
    (
        {"dns"},
        "the authority finds no address of {who} ({detail})",
        "set the A record of {who} to {address}, wait until it has spread, then: " + AGAIN,
    ),
    (
        {"caa"},
        "a CAA record of {who} forbids this authority ({detail})",
        "add this authority to the CAA records of the domain, or set nginx_acme_directory to one that they allow",
    ),
    (
        {"rejectedIdentifier", "unsupportedIdentifier"},
        "the authority gives no certificate for {who} ({detail})",
        "set nginx_names to names of a public domain that is yours",
    ),
    (
        {"invalidContact", "unsupportedContact", "invalidEmail"},
        "the authority does not take the mail address ({detail})",
        "set nginx_acme_email to one that receives mail, or to ''",
    ),
    (
        {"externalAccountRequired"},
        "the authority {server} wants an account that is bound to one of a customer ({detail})",
        "set nginx_acme_directory to an authority that does without",
    ),
    (
        {"accountDoesNotExist"},
        "the authority {server} no longer knows this host's account ({detail})",
        "move /var/lib/orchestrate/web/certbot/accounts away, then: " + AGAIN,
    ),
    (
        {"serverInternal", "badNonce", "orderNotReady"},
        "the authority {server} has a fault of its own ({detail})",
        "wait, the timer asks again by itself",
    ),
)
"""Types of problems, the cause and the next step. https://www.rfc-editor.org/rfc/rfc8555#section-6.7"""


SILENCES = (
    (
        r"certificate (is not yet valid|has expired)",
        "this host's clock says {clock}, when the certificate of the ACME server {server} {state}",
        "set the clock (sudo timedatectl set-ntp true); if it is right, the ACME server needs a new certificate",
    ),
    (
        r"unable to get (local )?issuer certificate|self[- ]signed certificate",
        "this host does not trust who signed the certificate of the ACME server {server}",
        "set nginx_acme_ca_file to the file of its authority, or add that to base_ca_certificates",
    ),
    (
        r"mismatch, certificate is not valid for|doesn't match|Hostname mismatch",
        "the certificate of the ACME server is not for {server}",
        "set nginx_acme_directory to the server's own name",
    ),
    (
        r"Unable to locate credentials|\((AccessDenied\w*|InvalidClientTokenId|ExpiredToken)\)",
        "Route 53 does not let this host write the proof ({words})",
        "give the host an instance profile that may write to the zone, or set nginx_route53_credentials_file",
    ),
    (
        r"Unable to find a Route53 hosted zone",
        "Route 53 has no zone for {who} in this account",
        "create the zone, or set nginx_route53_credentials_file to the account that has it",
    ),
    (r"No space left on device", "the disk is full", "make room (df -h), then: " + AGAIN),
    (
        r"Another instance of Certbot is already running",
        "another certbot is at work on this host",
        "wait for it, then: " + AGAIN,
    ),
    (
        r"Name or service not known|Temporary failure in name resolution|No address associated",
        "this host finds no address of the ACME server {server}",
        "see that the host's name server answers (/etc/resolv.conf), and that nginx_acme_directory is spelt right",
    ),
    (
        r"Connection refused|timed out|Network is unreachable|No route to host|Connection reset|without response",
        "the ACME server {server} does not answer ({words})",
        "wait, the timer asks again by itself; if it stays, see that this host may connect to {directory}",
    ),
    (
        r"<Response \[\d+\]>",
        "the ACME server answers {directory} with {words}",
        "set nginx_acme_directory to the address of its directory; with 500 and above, wait",
    ),
)
"""What tells that the authority was not even asked, the cause and the next step; the first that is found counts."""
