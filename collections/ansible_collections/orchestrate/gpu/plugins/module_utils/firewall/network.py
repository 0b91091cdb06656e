"""Read from the host which devices it has, where they lead and what is behind them. Changes nothing."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall.requirements import (
    Device,
    Protected,
    View,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.network_sockets import (
    Snapshot,
    tun_holders,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run

DROP_INS = Path("/etc/orchestrate/firewall.d")


def read_view(snapshot: Snapshot) -> View:
    """The devices and the routes."""
    links = parse_links(run(("ip", "-json", "-details", "link", "show")).stdout)
    uplinks = {
        str(one.get("dev")) for one in parse_json(run(("ip", "-json", "route", "show", "default")).stdout)
    }
    holders = dict(tun_holders())
    devices = {
        name: Device(
            name=name,
            kind=kind,
            port=port or kernel_port(snapshot, name, kind),
            holder=holders.get(name),
            uplink=name in uplinks,
        )
        for name, kind, port in links
    }
    policies = run(("ip", "xfrm", "policy")).stdout
    return View(
        snapshot, devices, parse_policies(policies, run(("ip", "xfrm", "state")).stdout), route_device
    )


def parse_links(listing: str) -> list[tuple[str, str, int]]:
    """Name, kind and UDP port of each device that `ip -json -details link` lists."""
    found = []
    for one in parse_json(listing):
        info = one.get("linkinfo", {})
        kind = info.get("info_kind", "ppp" if one.get("link_type") == "ppp" else "")
        found.append(
            (str(one.get("ifname", "")), str(kind), int(info.get("info_data", {}).get("port", 0) or 0))
        )
    return found


def kernel_port(snapshot: Snapshot, name: str, kind: str) -> int:
    """Where a WireGuard device listens: `wg` knows, or it is the only UDP port that no process holds. 0 for unknown."""
    if kind != "wireguard":
        return 0
    said = run(("wg", "show", name, "listen-port")).stdout.strip()
    if said.isdigit():
        return int(said)
    nobodys = {
        one.port
        for one in snapshot.sockets
        if one.protocol == "udp" and one.listens and not snapshot.owners.get(one.inode)
    }
    return nobodys.pop() if len(nobodys) == 1 else 0


def parse_policies(policies: str, states: str) -> tuple[Protected, ...]:
    """Networks whose packets have to come in through IPsec, of what `ip xfrm` lists."""
    found = []
    for source, rest in re.findall(r"^src (\S+) dst \S+.*\n((?:[ \t]+.*\n?)*)", policies, re.MULTILINE):
        if re.search(r"\bdir in\b", rest) and "tmpl" in rest:
            found.append(Protected(source, "espinudp" in states))
    return tuple(found)


@cache
def route_device(address: str) -> str:
    """The device that leads to an address."""
    return str(
        next(iter(parse_json(run(("ip", "-json", "route", "get", address)).stdout)), {}).get("dev", "")
    )


def drop_ins() -> str:
    """The rules that other roles and people have put beside the role's."""
    return "\n".join(text_of(path) for path in sorted(DROP_INS.glob("*.nft")))


def other_firewalls() -> list[str]:
    """Firewalls that are in force beside this one."""
    units = ("ufw.service", "firewalld.service", "shorewall.service")
    return [
        unit.partition(".")[0]
        for unit in units
        if run(("systemctl", "is-active", unit)).stdout.strip() == "active"
    ]


def parse_json(text: str) -> list[dict[str, Any]]:
    """A list that `ip` printed; empty when it said nothing."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)]
