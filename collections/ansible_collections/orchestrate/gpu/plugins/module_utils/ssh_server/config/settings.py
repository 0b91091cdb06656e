"""What sshd's files and its own listing of settings say. Pure: reads no file, asks no program."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from pathlib import Path

MAIN = Path("/etc/ssh/sshd_config")
FILE = Path("/etc/ssh/sshd_config.d/00-00-ssh_server.conf")
"""The role's. sshd keeps the first value it reads, so it sorts before whatever else lies there."""
FORWARDING = {"no": 0, "local": 1, "remote": 1, "yes": 2, "all": 2}
SYNONYMS = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
}
VALUES = {"without-password": "prohibit-password", "all": "yes"}
"""Words for one value: OpenSSH lists the older of the first two until 9.2, and `yes` for `all`."""
NOT_COMPARED = ("port", "hostkey", "match", "allowusers", "addressfamily", "include", "listenaddress")
"""They add up, or are listed otherwise than they are written."""
METHODS = {
    "password": "passwordauthentication",
    "keyboard-interactive": "kbdinteractiveauthentication",
    "publickey": "pubkeyauthentication",
}
"""The keyword that turns off a method of AuthenticationMethods."""


class Settings(dict[str, tuple[str, ...]]):
    """Keyword in small letters -> its values, as `sshd -T` lists them."""

    def first(self, keyword: str, default: str = "") -> str:
        """The first value of a keyword."""
        return self.get(keyword, (default,))[0]


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


def parse_settings(listing: str) -> Settings:
    """What `sshd -T` printed."""
    found = Settings()
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


def same(left: str, right: str) -> bool:
    """Whether two values mean the same."""
    one, other = (VALUES.get(value.lower(), value.lower()) for value in (left, right))
    return one == other


def not_in_force(wanted: Iterable[Line], effective: Settings) -> tuple[Line, ...]:
    """Of the settings that the role writes, those that sshd would not use."""
    listed = (line for line in wanted if line.keyword in effective and line.keyword not in NOT_COMPARED)
    return tuple(
        line for line in listed if not line.match and not same(effective.first(line.keyword), line.value)
    )


def set_outside(keyword: str, files: Iterable[Line]) -> tuple[Line, ...]:
    """Lines outside Match blocks that set a keyword."""
    return tuple(line for line in files if line.keyword == keyword and not line.match)


def include_patterns(line: str) -> list[str]:
    """The patterns of an Include line, with the folder that sshd takes them from."""
    words = re.match(r"\s*include[\s=]+(.*)$", line, re.IGNORECASE)
    patterns = shlex.split(words[1], comments=True) if words else []
    return [pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}" for pattern in patterns]


def includes(text: str, path: Path) -> bool:
    """Whether some line of a file's text includes this file."""
    patterns = (pattern for line in text.splitlines() for pattern in include_patterns(line))
    return any(fnmatchcase(str(path), pattern) for pattern in patterns)


def login_exceptions(files: Iterable[Line], root: str) -> tuple[Line, ...]:
    """Lines in Match blocks that let in by other ways than the role does. `root` is the role's PermitRootLogin."""
    return tuple(line for line in files if line.match and _lets_in(line, root))


def forwarding_exceptions(files: Iterable[Line], wanted: Settings) -> tuple[Line, ...]:
    """Lines in Match blocks that forward more than the role does."""
    blocks = (line for line in files if line.match)
    return tuple(line for line in blocks if _forwards_more(line, wanted.first(line.keyword, "absent")))


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
        least = max(FORWARDING.get(wanted.lower(), 2), 1)
        return not same(value, wanted) and FORWARDING.get(value, 0) >= least
    others = ("allowagentforwarding", "gatewayports", "permittunnel", "x11forwarding")
    return line.keyword in others and value != "no" and wanted.lower() == "no"


def admits(settings: Settings, user: str, groups: Iterable[str], address: str) -> str:
    """Which of the lists keeps a user out who comes from an address; empty when none does. DNS names are not looked up."""
    names = list(groups)

    def by_name(pattern: str) -> bool:
        return _user_matches(pattern, user, address)

    def by_group(pattern: str) -> bool:
        return any(fnmatchcase(name, pattern) for name in names)

    for what, matches in (("Users", by_name), ("Groups", by_group)):
        denied, allowed = f"Deny{what}", f"Allow{what}"
        if _listed(settings, denied.lower(), matches):
            return denied
        if settings.get(allowed.lower()) and not _listed(settings, allowed.lower(), matches):
            return allowed
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
    lists = settings.first("authenticationmethods", "any").split()
    if lists == ["any"] or not lists:
        return ()
    off = {name for name, keyword in METHODS.items() if settings.first(keyword, "yes") == "no"}
    missing = [{word.partition(":")[0] for word in one.split(",")} & off for one in lists]
    return tuple(sorted(set().union(*missing))) if all(missing) else ()


def listens_at(settings: Settings, address: str, port: int) -> bool:
    """Whether sshd, reading these settings anew, listens where a connection came in."""
    for one in settings.get("listenaddress", ()):
        where, _colon, at = one.rpartition(":")
        if at == str(port) and where.strip("[]") in (address, "0.0.0.0", "::"):  # noqa: S104  compared, nothing binds to it
            return True
    return False
