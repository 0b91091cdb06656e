"""What is told of a certificate that was not to be had: a cause and a next step for each kind of trouble. Data; decides nothing.

Words in braces are filled in by whoever tells it.
"""

from __future__ import annotations

from dataclasses import dataclass

AGAIN = "sudo systemctl start orchestrate-renew"
READ = "read /var/lib/orchestrate/web/certbot/logs/letsencrypt.log (sudo)"


@dataclass(frozen=True)
class Fault:
    """What went wrong and what to do next, one line each."""

    cause: str
    hint: str

    def __str__(self) -> str:
        return f"{self.cause}\n  try: {self.hint}"


SAME = {
    "tls": "unauthorized",
    "incorrectResponse": "unauthorized",
    "unsupportedIdentifier": "rejectedIdentifier",
    "unsupportedContact": "invalidContact",
    "invalidEmail": "invalidContact",
    "badNonce": "serverInternal",
    "orderNotReady": "serverInternal",
}
"""Types of problems that have the same cause and next step as another."""

REFUSALS = {
    "connection": (
        "the authority cannot reach {who} on port 80 ({detail})",
        "open TCP 80 and 443 to this host in its firewall and in the cloud's, lead the record of {who} to {address}, then: "
        + AGAIN,
    ),
    "unauthorized": (
        "the authority reaches another server as {who} on port 80 ({detail})",
        "lead the record of {who} to {address}, remove an AAAA record that leads elsewhere, then: " + AGAIN,
    ),
    "proof": (
        "the authority does not find the proof for {who} in its zone ({detail})",
        "see that the NS records of {who} lead to the zone in Route 53 that this host may write to, then: "
        + AGAIN,
    ),
    "rateLimited": (
        "the authority's rate limit is reached ({detail})",
        "wait{until}, the timer asks again by itself; set nginx_acme_staging: true to try things out",
    ),
    "dns": (
        "the authority finds no address of {who} ({detail})",
        "set the A record of {who} to {address}, wait until it has spread, then: " + AGAIN,
    ),
    "caa": (
        "a CAA record of {who} forbids this authority ({detail})",
        "add this authority to the CAA records of the domain, or set nginx_acme_directory to one that they allow",
    ),
    "rejectedIdentifier": (
        "the authority gives no certificate for {who} ({detail})",
        "set nginx_names to names of a public domain that is yours",
    ),
    "invalidContact": (
        "the authority does not take the mail address ({detail})",
        "set nginx_acme_email to one that receives mail, or to ''",
    ),
    "externalAccountRequired": (
        "the authority {server} wants an account that is bound to one of a customer ({detail})",
        "set nginx_acme_directory to an authority that does without",
    ),
    "accountDoesNotExist": (
        "the authority {server} no longer knows this host's account ({detail})",
        "move /var/lib/orchestrate/web/certbot/accounts away, then: " + AGAIN,
    ),
    "serverInternal": (
        "the authority {server} has a fault of its own ({detail})",
        "wait, the timer asks again by itself",
    ),
}
"""Type of a problem -> the cause and the next step. https://www.rfc-editor.org/rfc/rfc8555#section-6.7
`proof` is no type: it is what the others mean where the challenge is a DNS record."""

UNKNOWN = ("certbot fails: {detail}", READ)
OTHER_REFUSAL = ("the authority at {server} refuses {who} with {kind} ({detail})", READ)

NO_ANSWERS = (
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
        "Route 53 does not let this host write the proof ({detail})",
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
        "the ACME server {server} does not answer ({detail})",
        "wait, the timer asks again by itself; if it stays, see that this host may connect to {directory}",
    ),
    (
        r"<Response \[\d+\]>",
        "the ACME server answers {directory} with {detail}",
        "set nginx_acme_directory to the address of its directory; with 500 and above, wait",
    ),
)
"""What tells that the authority was not even asked, the cause and the next step; the first that is found counts."""


def forwarding(private: str) -> str:
    """The three ways of a host behind a home router."""
    return (
        f"forward TCP 80 and 443 on the router to {private}, or set nginx_acme_challenge: dns-01-route53, "
        "or stay with the SSH tunnel and set nginx_names: []"
    )
