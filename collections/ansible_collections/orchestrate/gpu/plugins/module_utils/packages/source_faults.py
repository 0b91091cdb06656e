"""Which of apt's sources apt refuses, why, and what to type about it. Pure: reads no file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

REFUSED = re.compile(
    r"The repository '(?P<source>[^']+?)' (?P<why>is not signed|is no longer signed|does not have a Release file)"
    r"|GPG error: (?P<checked>\S+ \S+(?: \S*Release\S*)?): (?P<said>[^\n]*)"
    r"|OpenPGP signature verification failed: (?P<verified>\S+ \S+(?: \S*Release\S*)?): (?P<told>[^\n]*)"
)
"""What apt 2.4 to 3.1 says of a source that it does not take."""
KEY = re.compile(r"NO_PUBKEY ([0-9A-F]{8,})|Missing key ([0-9A-F]{8,})")
EXPIRED = re.compile(r"EXPKEYSIG|KEYEXPIRED|KEYREVOKED|REVKEYSIG|[Ee]xpired|revoked")
CHANGED_ON_ITS_WAY = (
    "repeat later; if it stays, somebody changed it on its way here: set the address of another mirror"
)


def refused_source(said: str, sources: Mapping[Path, str]) -> HostError | None:
    """What is the matter where the output of a failed apt-get refuses a source; None where it refuses none.

    Args:
        said: the whole output.
        sources: the text of each file of apt's sources.
    """
    found = [*REFUSED.finditer(said)]
    if not found:
        return None
    # Of several lines about one source, that of its signature says more.
    first = next((each for each in found if each["said"] or each["told"]), found[0])
    source = " ".join((first["source"] or first["checked"] or first["verified"]).split()[:2])
    why = f"{first['said'] or first['told'] or first['why']}"
    key = KEY.search(why)
    files = [path for path, text in sources.items() if _names(text, source.split()[0])]
    if key:
        return HostError(
            f"the package source {source} is signed with key {key[1] or key[2]}, which this host does not have",
            f"put its publisher's key into /etc/apt/keyrings and {_name_key(files)}, or {_leave_out(files)}",
            said,
        )
    if EXPIRED.search(why):
        return HostError(
            f"the package source {source} is signed with a key that has expired or was revoked: {why}",
            f"fetch its publisher's new key and {_name_key(files)}, or {_leave_out(files)}",
            said,
        )
    if why == "is not signed":
        return HostError(
            f"the package source {source} is not signed",
            f"{_leave_out(files)}, or use an address of its publisher that is signed",
            said,
        )
    if why == "does not have a Release file":
        return HostError(
            f"the package source {source} has nothing for that release",
            f"mend its suite in {_listed(files)}, or {_leave_out(files)}",
            said,
        )
    return HostError(f"the package index is not what was signed: {source}: {why}", CHANGED_ON_ITS_WAY, said)


def _names(text: str, address: str) -> bool:
    """Whether a file of sources names this address, with or without a slash at its end."""
    words = re.split(r"[\s]+", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return any(word.rstrip("/") == address.rstrip("/") for word in words)


def _listed(files: list[Path]) -> str:
    return " and ".join(map(str, files)) or "/etc/apt/sources.list.d"


def _name_key(files: list[Path]) -> str:
    if any(path.name == "base.sources" for path in files):
        return "name it as `signed_by` in base_apt_sources"
    return f"name it as Signed-By in {_listed(files)}"


def _leave_out(files: list[Path]) -> str:
    if any(path.name == "base.sources" for path in files):
        return "take it out of base_apt_sources"
    if len(files) == 1 and files[0].parent.name.endswith(".d"):
        return f"leave it out: `sudo mv {files[0]} {files[0]}.disabled`"
    return f"take it out of {_listed(files)}"
