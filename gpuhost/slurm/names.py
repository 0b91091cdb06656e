"""The names of a cluster's hosts in /etc/hosts, where all programs of a job find them, whatever the network's name service knows.

First in the file: Debian gives a host's own name an address that only the host itself can reach.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

FILE = Path("/etc/hosts")
BEGIN = "# orchestrate slurm: begin"
END = "# orchestrate slurm: end"


def write(hosts: Mapping[str, str], file: Path = FILE) -> int:
    """The exit code. In place, because a container engine mounts the file. Raises OSError."""
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    after = changed(before, hosts)
    if after != before:
        with file.open("r+" if file.exists() else "w", encoding="utf-8") as opened:
            opened.write(after)
            opened.truncate()
    return 0


def changed(text: str, hosts: Mapping[str, str]) -> str:
    """The file's text with these hosts; without any, as it was before. Pure."""
    rest = re.sub(rf"^{re.escape(BEGIN)}\n.*?^{re.escape(END)}\n", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = "".join(f"{address} {name}\n" for name, address in sorted(hosts.items()))
    return f"{BEGIN}\n{lines}{END}\n{rest}" if hosts else rest
