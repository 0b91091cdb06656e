"""Why a certificate authority gave no certificate, read from what certbot said. Pure: asks nobody and changes nothing.

Certbot 2.1 of Debian 12 often prints an error of its own instead of the authority's; its log has the authority's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from gpuhost.certificate.explanations import (
    NO_ANSWERS,
    OTHER_REFUSAL,
    REFUSALS,
    SAME,
    UNKNOWN,
    Fault,
    forwarding,
)
from gpuhost.certificate.store import Request

NOISE = re.compile("Ask for help|Saving debug")

PROBLEM = re.compile(r"^ +Domain: (\S+)\n +Type: +(\w+)\n +Detail: (.*)$", re.MULTILINE)
"""How certbot prints a problem with one of the names."""

ERROR = re.compile(
    r"^acme\.messages\.Error: urn:ietf:params:acme:error:(\w+) :: [^\n]*? :: ([^\n]*)$", re.MULTILINE
)
"""How its log ends when the authority refuses as a whole."""

RETRY = re.compile(r"retry after ([\d-]+[ T][\d:]+(?: ?UTC|Z)?)", re.IGNORECASE)
UNRESOLVED = re.compile(
    r"NXDOMAIN|SERVFAIL|no valid (A|AAAA) records|could not resolve|no such host", re.IGNORECASE
)
CHALLENGE = re.compile(r'(Get |Fetching )?"?https?://\S*/\.well-known/[^\s":]*"?:? ?')

TRANSIENT = re.compile(
    r"Connection (refused|reset|aborted)|timed out|Network is unreachable|No route to host|without response"
    r"|Temporary failure in name resolution|<Response \[50[0234]\]>"
)

LONGEST = 300
"""Characters of an authority's own words in a line of ours."""


@dataclass(frozen=True)
class Attempt:
    """What was asked for, and from where."""

    request: Request
    own: str
    """The host's own address, to which a router has to forward; empty when not known."""
    behind_router: bool
    """The host has a private address, and the names lead to a public one."""
    now: datetime
    """By the host's clock, in UTC."""


@dataclass(frozen=True)
class Refusal:
    """What the authority answered."""

    kind: str
    """The last word of the problem's type in RFC 8555."""
    detail: str
    names: tuple[str, ...] = ()
    """Those that have the problem; none where the authority refuses as a whole."""

    @property
    def sort(self) -> str:
        """The kind that stands for all with the same cause and next step."""
        return SAME.get(self.kind, self.kind)


def read_fault(text: str, attempt: Attempt) -> Fault:
    """The fault that certbot's output, with its log behind it, tells of."""
    refusal = _refusal_in(text)
    if refusal:
        return _refused(refusal, attempt)
    for pattern, cause, hint in NO_ANSWERS:
        found = re.search(pattern, text)
        if found:
            words = _brief(found[0])
            return _fault(cause, hint, attempt, Refusal("", words[:1].lower() + words[1:]))
    lines = [line for line in text.splitlines() if line.strip() and not NOISE.match(line)]
    return _fault(*UNKNOWN, attempt, Refusal("", _brief(lines[-1]) if lines else "it says nothing"))


def transient(text: str) -> str:
    """What in certbot's output will pass by itself, the authority's own trouble or the network's; empty for anything else."""
    refusal = _refusal_in(text)
    if refusal:
        # An authority's own trouble alone. Not `rateLimited`, and no failed proof: each of those is counted.
        passes = refusal.sort == "serverInternal" and not refusal.names
        return f"{refusal.kind}: {refusal.detail}" if passes else ""
    found = TRANSIENT.search(text)
    return found[0] if found else ""


def _refusal_in(text: str) -> Refusal | None:
    problems = PROBLEM.findall(text)
    if problems:
        _name, kind, detail = problems[0]
        names = dict.fromkeys(name for name, other, _detail in problems if other == kind)
        return Refusal(kind, _brief(detail), tuple(names))
    errors = ERROR.findall(text)
    return Refusal(errors[-1][0], _brief(errors[-1][1])) if errors else None


def _refused(refusal: Refusal, attempt: Attempt) -> Fault:
    kind = refusal.sort
    if kind == "connection" and UNRESOLVED.search(refusal.detail):
        kind = "dns"
    if attempt.request.by_dns and kind in {"dns", "unauthorized"}:
        kind = "proof"
    cause, hint = REFUSALS.get(kind, OTHER_REFUSAL)
    if attempt.behind_router and kind in {"connection", "unauthorized"}:
        hint = forwarding(attempt.own)
    return _fault(cause, hint, attempt, refusal)


def _fault(cause: str, hint: str, attempt: Attempt, refusal: Refusal) -> Fault:
    """The sentences with the facts that they name."""
    request, retry = attempt.request, RETRY.search(refusal.detail)
    facts = {
        "who": _listed(refusal.names or request.names),
        "kind": refusal.kind,
        "detail": refusal.detail,
        "state": "has expired" if "expired" in refusal.detail else "is not valid yet",
        "until": f" until {retry[1]}" if retry else "",
        "server": urlsplit(request.directory).hostname or request.directory,
        "directory": request.directory,
        "address": request.public_address or attempt.own or "this host's address",
        "clock": f"{attempt.now:%Y-%m-%d %H:%M} UTC",
    }
    return Fault(cause.format_map(facts), hint.format_map(facts))


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _brief(words: str) -> str:
    """One line without the addresses of challenges, which nobody can use."""
    words = CHALLENGE.sub("", " ".join(words.split()))
    return f"{words[:LONGEST]}…" if len(words) > LONGEST else words
