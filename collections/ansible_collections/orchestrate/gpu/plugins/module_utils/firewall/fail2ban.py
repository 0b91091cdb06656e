"""Read what people have fail2ban leave alone, in files of their own. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from configparser import Error, RawConfigParser
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of

FOLDER = Path("/etc/fail2ban")
LOOPBACK = ("127.0.0.0/8", "127.0.0.1/8", "::1")
"""In the role's own jails anyway."""


def exempted(jail: str, ours: Path) -> list[str]:
    """Addresses and networks that this jail would leave alone without the role's file: of the last file that names any."""
    return parse_exempted(jail, (text_of(file) for file in _files() if file != ours))


def parse_exempted(jail: str, texts: Iterable[str]) -> list[str]:
    """The same of the text of files in the order in which fail2ban reads them: what the jail says, or else what all jails do. Pure."""
    found: dict[str, str] = {}
    for text in texts:
        parser = RawConfigParser(default_section="no section", strict=False, interpolation=None)
        try:
            parser.read_string(text)
        except Error:  # fail2ban will say so
            continue
        for section in ("DEFAULT", jail):
            if parser.has_option(section, "ignoreip"):
                found[section] = parser.get(section, "ignoreip")
    words = re.split(r"[\s,]+", found.get(jail, found.get("DEFAULT", "")))
    # What refers to other settings cannot be repeated elsewhere.
    return [word for word in words if word and "%" not in word and word not in LOOPBACK]


def _files() -> list[Path]:
    """As fail2ban reads them: https://github.com/fail2ban/fail2ban/wiki and jail.conf(5)."""
    parts = FOLDER / "jail.d"
    return [
        FOLDER / "jail.conf",
        *sorted(parts.glob("*.conf")),
        FOLDER / "jail.local",
        *sorted(parts.glob("*.local")),
    ]
