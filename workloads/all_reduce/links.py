"""What lies between two hosts, by the kernel's own word, and what it has to carry at least, from `links.csv`.

A link that is not known, or is none (loopback, a container's or a virtual machine's own), is told and never judged.
"""

import contextlib
import csv
import fcntl
import re
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from pkgutil import get_data

FILE = "links.csv"
LOOPBACK, VIRTUAL, ETHERNET, INFINIBAND, EFA, UNKNOWN = (
    "loopback",
    "virtual",
    "ethernet",
    "infiniband",
    "efa",
    "unknown",
)
_SIOCGIFADDR = 0x8915


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """From this host to another."""

    kind: str
    interface: str
    gbit_s: float
    """Its rate; 0 where nobody says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What a healthy link of a kind reaches at least."""

    gb_per_s: float
    """10**9 bytes a second of bus bandwidth."""
    source: str


def link_to(address: str, *, is_gpu: bool, sys: Path = Path("/sys")) -> Link:
    """What carries this host's sums to an address. Cards talk over InfiniBand or EFA where there is one.

    Args:
        address: IPv4.
        is_gpu: cards add up, through NCCL.
        sys: where the kernel tells of its devices.
    """
    fabric = _fabric(sys) if is_gpu else None
    if fabric is not None:
        return fabric
    interface = _interface_to(address)
    if interface == "lo":
        return Link(kind=LOOPBACK, interface=interface, gbit_s=0)
    folder = sys / "class/net" / interface
    if not interface or not folder.exists():
        return Link(kind=UNKNOWN, interface=interface, gbit_s=0)
    # A virtual card (veth, bridge, tunnel) tells a speed that it made up.
    if not (folder / "device").exists():
        return Link(kind=VIRTUAL, interface=interface, gbit_s=0)
    return Link(kind=ETHERNET, interface=interface, gbit_s=_speed(folder / "speed"))


def floor_of(link: Link, transport: str) -> Floor | None:
    """None: nothing is expected of it."""
    for row in _rows():
        is_of_kind = (row["kind"], row["transport"]) == (link.kind, transport)
        if is_of_kind and 0 < link.gbit_s <= float(row["most_gbit_s"]):
            return Floor(gb_per_s=link.gbit_s / 8 * float(row["floor"]), source=row["source"])
    return None


def _rows() -> list[dict[str, str]]:
    data = get_data(__package__, FILE)
    if data is None:
        raise FileNotFoundError(FILE)
    return list(csv.DictReader(data.decode("utf-8").splitlines()))


def _fabric(sys: Path) -> Link | None:
    """The fastest active port of an InfiniBand adapter or of EFA."""
    found = []
    for port in sorted(sys.glob("class/infiniband/*/ports/*")):
        if "ACTIVE" not in _text(port / "state"):
            continue
        rate = re.match(r"\s*([0-9.]+) Gb/sec", _text(port / "rate"))
        name = port.parent.parent.name
        kind = EFA if name.startswith("efa") else ETHERNET
        if "InfiniBand" in _text(port / "link_layer"):
            kind = INFINIBAND
        found.append(Link(kind=kind, interface=name, gbit_s=float(rate[1]) if rate else 0.0))
    return max(found, key=lambda link: link.gbit_s, default=None)


def _interface_to(address: str) -> str:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent: the kernel only says by which way it would go.
        probe.connect((address, 9))
        own = probe.getsockname()[0]
        if own == address or own.startswith("127."):
            return "lo"
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            with contextlib.suppress(OSError):
                answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
                if socket.inet_ntoa(answer[20:24]) == own:
                    return name
    return ""


def _speed(file: Path) -> float:
    """In Gbit/s, from the kernel's Mbit/s; -1 or nothing where the driver does not say, as on most clouds."""
    text = _text(file).strip()
    return int(text) / 1000 if text.isascii() and text.isdigit() else 0.0


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
