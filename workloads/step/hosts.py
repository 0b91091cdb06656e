"""Names of hosts as Slurm writes them, and the addresses behind them."""

import re
import socket
import subprocess

_PART = re.compile(r"([^,\[\]]+)(?:\[([0-9,-]+)\])?([^,\[\]]*)(?:,|$)")
_ASKING_S = 10.0


def expand(text: str) -> tuple[str, ...]:
    """`gpu[01-03,7],login` as its names, in order. Pure; what is no list of hosts has none."""
    names: list[str] = []
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            return ()
        before, ranges, behind = part.groups()
        names += [f"{before}{number}{behind}" for number in _numbers(ranges)] if ranges else [before + behind]
        at = part.end()
    return tuple(names)


def address_of(name: str) -> str:
    """The address at which a host can be reached: by its name, else as the controller knows it.

    Raises:
        OSError: neither knows the host.
    """
    try:
        return str(socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])
    except OSError:
        told = _known_to_controller(name)
        if not told or told == name:
            raise
        return str(socket.getaddrinfo(told, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])


def _numbers(ranges: str) -> list[str]:
    found: list[str] = []
    for each in ranges.split(","):
        first, _, last = each.partition("-")
        width = len(first)
        found += [f"{number:0{width}d}" for number in range(int(first or 0), int(last or first or 0) + 1)]
    return found


def _known_to_controller(name: str) -> str:
    try:
        answer = subprocess.run(
            ("scontrol", "--oneliner", "show", "node", name),
            capture_output=True,
            text=True,
            timeout=_ASKING_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    told = re.search(r"\bNodeAddr=(\S+)", answer.stdout)
    return told[1] if told else ""
