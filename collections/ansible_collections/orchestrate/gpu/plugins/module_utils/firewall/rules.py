"""The rules, the service that loads them, and what goes with both, as texts. Pure: writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

UNIT = "orchestrate-firewall.service"
UNIT_FILE = Path("/etc/systemd/system", UNIT)
FOLDER = Path("/etc/orchestrate")
RULES = FOLDER / "firewall.nft"
"""Rules that were proved; what is loaded at boot."""
ALL_RULES = FOLDER / "firewall-all.nft"
"""The rules and the drop-ins."""
DROP_INS = FOLDER / "firewall.d"
UNCONFIRMED = Path("/run/orchestrate-firewall.nft")
"""Rules that were not proved yet. A host that is restarted meanwhile forgets them."""
REMOVE_TABLE = "table inet orchestrate; delete table inet orchestrate"
FAMILIES = (("ipv4", "ip"), ("ipv6", "ip6"))

HEAD = f"""\
#!/usr/sbin/nft -f
# Role firewall. Loaded by {UNIT}, in one step and without touching other tables.
table inet orchestrate
delete table inet orchestrate

table inet orchestrate {{
"""
BASICS = """\
  chain input {
    type filter hook input priority filter; policy drop;

    iif "lo" accept
    ct state established,related accept
    ct state invalid drop

    # Without these neither path MTU nor IPv6 neighbours are found (RFC 4890).
    icmp type { destination-unreachable, time-exceeded, parameter-problem } accept
    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept
    icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, nd-redirect } ip6 hoplimit 255 accept
    icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } ip6 saddr fe80::/10 accept
    icmp type echo-request limit rate 20/second burst 40 packets accept
    icmpv6 type echo-request limit rate 20/second burst 40 packets accept

    # Leases: answers to a broadcast belong to no connection.
    udp sport 67 udp dport 68 accept
    ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept

"""
SERVICE = f"""\
# Role firewall.
[Unit]
Description=Close every port but those in use
Documentation=file:{RULES} man:nft(8)
# Before the first packet, and before anything listens.
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target ssh.service shutdown.target
Conflicts=shutdown.target
# Its file begins by flushing every table, this one too.
After=nftables.service
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
# Where a drop-in is broken the second one fails, and the host stays with SSH and what the role itself opens.
ExecStart=/usr/sbin/nft --file {RULES}
ExecStart=/usr/sbin/nft --file {ALL_RULES}
# In one step, or not at all: the rules before stay in force.
ExecReload=/usr/sbin/nft --file {ALL_RULES}
ExecStop=/usr/sbin/nft "{REMOVE_TABLE}"

[Install]
WantedBy=sysinit.target
"""


@dataclass(frozen=True)
class Wish:
    """What the module is asked for. Its parameters, under their own names."""

    ssh_ports: Sequence[int]
    ssh_from: Sequence[str]
    """Networks that reach SSH; empty for everybody."""
    ssh_rate: int
    """New connections a minute that one address may open to SSH; 0 for no limit."""
    allow: Sequence[Mapping[str, Any]]
    """What else is open: `ports`, `protocol`, `from`, `why`."""
    accept: Sequence[str]
    names: Sequence[str]
    """What the inventory calls this host."""
    other_hosts: Sequence[Sequence[Any]]
    """Other hosts of the inventory: name, address, port of SSH."""
    connection: Sequence[str]
    """SSH_CONNECTION, a word each; empty where it is not known."""
    packages: Sequence[str]
    rollback_s: int


def wish_of(given: Mapping[str, Any]) -> Wish:
    """The parameters of the module."""
    return Wish(**{one.name: given[one.name] for one in fields(Wish)})


def render(wish: Wish) -> str:
    """The rules as nftables reads them."""
    accepts = (f"    {line}\n" for line in _accepts(wish))
    return "".join((HEAD, *_sets(wish), BASICS, *accepts, "  }\n}\n"))


def with_drop_ins(base: Path) -> str:
    """What loads the rules of a file, and behind them what others put into the folder."""
    return f"""\
# Role firewall. The rules, and behind them what others put into the folder.
include "{base}"
table inet orchestrate {{
  chain input {{
    include "{DROP_INS}/*.nft"
  }}
}}
"""


def _sets(wish: Wish) -> Iterator[str]:
    for family, _field in FAMILIES if wish.ssh_rate else ():
        yield (
            f"  set ssh_{family} {{\n    type {family}_addr\n    size 65536\n    flags dynamic, timeout\n"
            "    timeout 2m\n  }\n\n"
        )


def _accepts(wish: Wish) -> Iterator[str]:
    ssh = _set(wish.ssh_ports)
    rate = wish.ssh_rate
    for family, field in FAMILIES if rate else ():
        limit = f"{field} saddr limit rate over {rate}/minute burst {rate} packets"
        yield f"tcp dport {ssh} ct state new add @ssh_{family} {{ {limit} }} drop"
    for network in wish.ssh_from or ("",):
        yield f'{_source(network)}tcp dport {ssh} accept comment "SSH"'
    for opened in wish.allow:
        source, protocol = _source(str(opened.get("from") or "")), opened.get("protocol") or "tcp"
        ports = _set(opened["ports"])
        yield f'{source}{protocol} dport {ports} accept comment "{opened["why"]}"'


def _set(ports: Sequence[object]) -> str:
    return "{ " + ", ".join(map(str, ports)) + " }"


def _source(network: str) -> str:
    return f"{'ip6' if ':' in network else 'ip'} saddr {network} " if network else ""
