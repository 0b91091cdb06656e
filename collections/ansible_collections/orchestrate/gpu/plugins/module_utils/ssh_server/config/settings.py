"""What sshd's files and its own listing of settings say. Pure: reads no file, asks no program."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network

FORWARDING = {"no": 0, "local": 1, "remote": 1, "yes": 2, "all": 2}
SYNONYMS = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
}
VALUES = {"without-password": "prohibit-password", "all": "yes"}
"""Words for one value: OpenSSH lists the older of the first two until 9.2, and `yes` for `all`."""
NOT_COMPARED = frozenset(
    {"port", "hostkey", "match", "allowusers", "addressfamily", "include", "listenaddress"}
)
"""They add up, or are listed otherwise than they are written."""

Settings = Mapping[str, tuple[str, ...]]
"""Keyword in small letters -> its values, as `sshd -T` lists them."""


@dataclass(frozen=True)
class Line:
    """A line of a file of settings."""

    path: str
    number: int
    keyword: str
    """In small letters."""
    value: str
    match: str
    """The criteria of the Match block that it stands in; empty outside."""


def parse_settings(listing: str) -> dict[str, tuple[str, ...]]:
    """What `sshd -T` printed."""
    found: dict[str, tuple[str, ...]] = {}
    for line in listing.splitlines():
        keyword, _space, value = line.strip().partition(" ")
        if keyword:
            found[keyword.lower()] = (*found.get(keyword.lower(), ()), value.strip())
    return found


def parse_file(path: str, text: str) -> list[Line]:
    """The lines of a file that set something, Match lines included."""
    found, match = [], ""
    for number, raw in enumerate(text.splitlines(), start=1):
        words = re.match(r"\s*([A-Za-z]\w*)(?:\s+|\s*=\s*)(.*?)\s*(?:\s#.*)?$", raw)
        if not words:
            continue
        keyword, value = words[1].lower(), words[2].strip('"')
        if keyword == "match":
            match = value
        found.append(Line(path, number, SYNONYMS.get(keyword, keyword), value, match))
    return found


def first(settings: Settings, keyword: str, default: str = "") -> str:
    """The first value of a keyword."""
    return settings.get(keyword, (default,))[0]


def same(left: str, right: str) -> bool:
    """Whether two values mean the same."""
    one, other = (VALUES.get(value.lower(), value.lower()) for value in (left, right))
    return one == other


def not_in_force(wanted: Iterable[Line], effective: Settings) -> tuple[Line, ...]:
    """Of the settings that the role writes, those that sshd would not use."""
    return tuple(
        line
        for line in wanted
        if not line.match
        and line.keyword not in NOT_COMPARED
        and line.keyword in effective
        and not same(first(effective, line.keyword), line.value)
    )


def set_before(keyword: str, files: Iterable[Line], own: str) -> tuple[Line, ...]:
    """Lines outside Match blocks that set a keyword too, elsewhere than in the role's own file."""
    return tuple(line for line in files if line.keyword == keyword and not line.match and line.path != own)


def includes(lines: Iterable[Line], path: str) -> bool:
    """Whether some line of the main file includes this file."""
    return any(
        fnmatchcase(path, pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}")
        for line in lines
        if line.keyword == "include"
        for pattern in line.value.replace('"', "").split()
    )


def login_exceptions(files: Iterable[Line], own: str, root: str) -> tuple[Line, ...]:
    """Lines in Match blocks that let in by other ways than the role does. `root` is the role's PermitRootLogin."""
    return tuple(line for line in files if line.match and line.path != own and _lets_in(line, root))


def forwarding_exceptions(files: Iterable[Line], own: str, wanted: Settings) -> tuple[Line, ...]:
    """Lines in Match blocks that forward more than the role does."""
    return tuple(
        line
        for line in files
        if line.match and line.path != own and _forwards_more(line, first(wanted, line.keyword, "absent"))
    )


def _lets_in(line: Line, root: str) -> bool:
    value = line.value.lower()
    if line.keyword == "permitrootlogin":
        return value == "yes" or (root == "no" and value != "no")
    return value == "yes" and line.keyword in (
        "passwordauthentication",
        "kbdinteractiveauthentication",
        "permitemptypasswords",
        "hostbasedauthentication",
    )


def _forwards_more(line: Line, wanted: str) -> bool:
    value = line.value.lower()
    if line.keyword in ("allowtcpforwarding", "allowstreamlocalforwarding"):
        return not same(value, wanted) and FORWARDING.get(value, 0) >= max(
            FORWARDING.get(wanted.lower(), 2), 1
        )
    return (
        line.keyword in ("allowagentforwarding", "gatewayports", "permittunnel", "x11forwarding")
        and value != "no"
        and wanted.lower() == "no"
    )


def admits(settings: Settings, user: str, groups: Iterable[str], address: str) -> str:
    """Which of the lists keeps a user out who comes from an address; empty when none does. DNS names are not looked up."""
    names = list(groups)
    if _listed(settings, "denyusers", lambda pattern: _user_matches(pattern, user, address)):
        return "DenyUsers"
    if settings.get("allowusers") and not _listed(
        settings, "allowusers", lambda pattern: _user_matches(pattern, user, address)
    ):
        return "AllowUsers"
    if _listed(settings, "denygroups", lambda pattern: any(fnmatchcase(name, pattern) for name in names)):
        return "DenyGroups"
    if settings.get("allowgroups") and not _listed(
        settings, "allowgroups", lambda pattern: any(fnmatchcase(name, pattern) for name in names)
    ):
        return "AllowGroups"
    return ""


def _listed(settings: Settings, keyword: str, matches: Callable[[str], bool]) -> bool:
    patterns = " ".join(settings.get(keyword, ())).split()
    if any(matches(pattern[1:]) for pattern in patterns if pattern.startswith("!")):
        return False
    return any(matches(pattern) for pattern in patterns if not pattern.startswith("!"))


def _user_matches(pattern: str, user: str, address: str) -> bool:
    name, at, where = pattern.partition("@")
    return fnmatchcase(user, name) and (not at or address_matches(where, address))


def address_matches(pattern: str, address: str) -> bool:
    """Whether an address is in a network or matches a pattern. A name of a host could be any address."""
    if not address:
        return True
    if "/" in pattern:
        try:
            return ip_address(address) in ip_network(pattern, strict=False)
        except ValueError:
            return False
    return fnmatchcase(address, pattern) or not re.match(r"[0-9a-fA-F.:*?]+$", pattern)


def second_factors(settings: Settings) -> tuple[str, ...]:
    """Methods that every list of AuthenticationMethods asks for and that are turned off; empty when one list can be met."""
    lists = first(settings, "authenticationmethods", "any").split()
    if lists == ["any"] or not lists:
        return ()
    off = {
        name
        for name, keyword in (
            ("password", "passwordauthentication"),
            ("keyboard-interactive", "kbdinteractiveauthentication"),
            ("publickey", "pubkeyauthentication"),
        )
        if first(settings, keyword, "yes") == "no"
    }
    missing = [{word.partition(":")[0] for word in one.split(",")} & off for one in lists]
    return tuple(sorted(set().union(*missing))) if all(missing) else ()


def listens_at(settings: Settings, address: str, port: int) -> bool:
    """Whether sshd, reading these settings anew, listens where a connection came in."""
    for one in settings.get("listenaddress", ()):
        where, _colon, at = one.rpartition(":")
        if at == str(port) and where.strip("[]") in (address, "0.0.0.0", "::"):  # noqa: S104  compared, nothing binds to it
            return True
    return False
