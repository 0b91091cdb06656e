"""Read from the host which devices it has, where they lead and what is behind them. Changes nothing."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall import requirements, rules
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import network_sockets as sockets
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run

UFW = Path("/etc/ufw/ufw.conf")
DOCKER_FORWARDS = re.compile(r"^-A DOCKER\b.* -p (tcp|udp)\b.* --dport (\d+) .*DNAT", re.MULTILINE)
UFW_ENABLED = re.compile(r"^\s*ENABLED=[\"']?yes", re.MULTILINE | re.IGNORECASE)


def read_view(snapshot: sockets.Snapshot) -> requirements.View:
    """The devices and the routes."""
    holders = dict(sockets.tun_holders())
    defaults = [*ask("route", "show", "default"), *ask("-6", "route", "show", "default")]
    uplinks = [one.get("dev") for one in defaults]
    devices = {
        name: requirements.Device(
            name, kind, port or kernel_port(snapshot, name, kind), holders.get(name), name in uplinks
        )
        for name, kind, port in links_of(ask("-details", "link", "show"))
    }
    protected = parse_policies(run(("ip", "xfrm", "policy")).stdout, run(("ip", "xfrm", "state")).stdout)
    return requirements.View(snapshot, devices, protected, route_device)


def links_of(listing: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """Name, kind and UDP port of each device that `ip -json -details link` lists."""
    found = []
    for one in listing:
        info = one.get("linkinfo", {})
        kind = info.get("info_kind", "ppp" if one.get("link_type") == "ppp" else "")
        port = info.get("info_data", {}).get("port", 0) or 0
        found.append((str(one.get("ifname", "")), str(kind), int(port)))
    return found


def kernel_port(snapshot: sockets.Snapshot, name: str, kind: str) -> int:
    """Where a WireGuard device listens: `wg` knows, or it is the only UDP port that no process holds. 0 for unknown."""
    if kind != "wireguard":
        return 0
    said = run(("wg", "show", name, "listen-port")).stdout.strip()
    if said.isdigit():
        return int(said)
    listening = (one for one in snapshot.sockets if one.protocol == "udp" and one.listens)
    nobodys = {one.port for one in listening if not snapshot.owners.get(one.inode)}
    return nobodys.pop() if len(nobodys) == 1 else 0


def parse_policies(policies: str, states: str) -> tuple[requirements.Protected, ...]:
    """Networks whose packets have to come in through IPsec, of what `ip xfrm` lists."""
    found = re.findall(r"^src (\S+) dst \S+.*\n((?:[ \t]+.*\n?)*)", policies, re.MULTILINE)
    inward = (source for source, rest in found if re.search(r"\bdir in\b", rest) and "tmpl" in rest)
    return tuple(requirements.Protected(source, "espinudp" in states) for source in inward)


@cache
def route_device(address: str) -> str:
    """The device that leads to an address."""
    return str(next(iter(ask("route", "get", address)), {}).get("dev", ""))


def forwarded_over_ipv6() -> frozenset[tuple[str, int]]:
    """Protocol and port of what Docker forwards over IPv6, which it does unasked from release 27 on."""
    rules = run(("ip6tables", "--table", "nat", "--list-rules", "DOCKER")).stdout
    return frozenset((protocol, int(port)) for protocol, port in DOCKER_FORWARDS.findall(rules))


def drop_ins() -> str:
    """The rules that other roles and people have put beside the role's."""
    return "\n".join(text_of(path) for path in sorted(rules.DROP_INS.glob("*.nft")))


def other_firewalls() -> list[str]:
    """Firewalls that are in force beside this one and let in what this one lets in."""
    return [name for name in ("shorewall",) if is_active(f"{name}.service")]


def active_managers() -> dict[str, str]:
    """Firewalls in force that would shut what this one opens, each with what to type to switch it off."""
    # The service of ufw is active on every Ubuntu: whether it does anything, its configuration says.
    found = {"ufw": "ufw disable"} if re.search(UFW_ENABLED, text_of(UFW)) else {}
    if is_active("firewalld.service"):
        found["firewalld"] = "systemctl disable --now firewalld"
    return found


def is_active(unit: str) -> bool:
    """Whether this unit of systemd is."""
    return run(("systemctl", "is-active", unit)).stdout.strip() == "active"


def ask(*words: str) -> list[dict[str, Any]]:
    """A list that `ip` prints as JSON; empty when it says nothing."""
    try:
        found = json.loads(run(("ip", "-json", *words)).stdout or "[]")
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)]
