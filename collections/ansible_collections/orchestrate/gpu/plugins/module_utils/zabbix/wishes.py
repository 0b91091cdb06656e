"""What a Zabbix server shall watch and whom it tells, and how that differs from what it has. Pure: it asks nobody.

What carries the mark is this module's; of everything else, nothing is changed but what a host that is listed has to have.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MARK = {"tag": "managed-by", "value": "orchestrate"}
"""The tag of hosts that were registered here."""

PSK = "2"
"""Zabbix's number for connections that are encrypted with a pre-shared key."""

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "default": 10050},
    "psk_identity": {"type": "str", "required": True, "no_log": False},
    "psk": {"type": "str", "required": True, "no_log": True},
}
"""The module's parameters of a host."""

_ADDRESS = re.compile(r"[0-9.]+|[0-9a-fA-F]*:[0-9a-fA-F:.]*")


@dataclass(frozen=True)
class Host:
    """One host that is watched."""

    name: str
    address: str
    """An IP address or a DNS name, as the server reaches it."""
    port: int
    psk_identity: str
    """Another one for each key: Zabbix never says which key it has."""
    psk: str

    @property
    def description(self) -> str:
        """What Zabbix keeps and shows, by which a changed key is seen."""
        return f"Registered by role zabbix_server. Its key is {self.psk_identity}."

    @property
    def interface(self) -> dict[str, str]:
        """How its agent is reached."""
        by_address = _ADDRESS.fullmatch(self.address) is not None
        return {
            "type": "1",
            "main": "1",
            "useip": "1" if by_address else "0",
            "ip": self.address if by_address else "",
            "dns": "" if by_address else self.address,
            "port": str(self.port),
        }


@dataclass(frozen=True)
class Shared:
    """What all hosts have in common, by Zabbix's ids."""

    groups: Sequence[str]
    templates: Sequence[str]
    macros: Mapping[str, str]
    """Values by name, without braces."""


def created(host: Host, shared: Shared) -> dict[str, Any]:
    """Parameters of host.create."""
    return {
        "host": host.name,
        "description": host.description,
        "interfaces": [host.interface],
        "groups": [{"groupid": each} for each in shared.groups],
        "templates": [{"templateid": each} for each in shared.templates],
        "macros": _macros(shared.macros),
        "tags": [MARK],
        **_key(host),
    }


def changes(host: Host, shared: Shared, found: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of host.update, without the id: what differs from what host.get told. Empty where nothing does.

    Groups, templates, macros and tags that somebody added stay.
    """
    changed: dict[str, Any] = {}
    if found["description"] != host.description or found["tls_connect"] != PSK:
        changed |= {"description": host.description, **_key(host)}
    main = [each for each in found["interfaces"] if each["type"] == "1" and each["main"] == "1"]
    if not main or any(main[0][name] != value for name, value in host.interface.items()):
        others = [each for each in found["interfaces"] if each not in main]
        same = {"interfaceid": main[0]["interfaceid"]} if main else {}
        changed["interfaces"] = [{**same, **host.interface}, *others]
    for name, key, wanted in (
        ("groups", "groupid", shared.groups),
        ("templates", "templateid", shared.templates),
    ):
        there = [each[key] for each in found[name]]
        if not set(wanted) <= set(there):
            changed[name] = [{key: each} for each in dict.fromkeys((*there, *wanted))]
    macros = _macros(shared.macros)
    values = {each["macro"]: each.get("value") for each in found["macros"]}
    if any(values.get(each["macro"]) != each["value"] for each in macros):
        ours = {each["macro"] for each in macros}
        changed["macros"] = [*macros, *(each for each in found["macros"] if each["macro"] not in ours)]
    return changed


def is_ours(found: Mapping[str, Any]) -> bool:
    """Whether the host carries the mark."""
    return any(each["tag"] == MARK["tag"] and each["value"] == MARK["value"] for each in found["tags"])


def digest(settings: object) -> str:
    """Tells other settings from these, which may hold a password."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def differences(compared: object) -> list[str]:
    """What an import would change, by what configuration.importcompare told: kinds of things and their number."""
    counts: dict[str, int] = {}
    _count(compared, "", counts)
    return [f"{kind}: {number}" for kind, number in sorted(counts.items())]


def _count(compared: object, kind: str, counts: dict[str, int]) -> None:
    if not isinstance(compared, dict):
        return
    for name, value in compared.items():
        if name in {"added", "removed", "updated"} and isinstance(value, list):
            said = f"{kind} {name}"
            counts[said] = counts.get(said, 0) + len(value)
            for each in value if name == "updated" else ():
                _count(
                    {inner: what for inner, what in each.items() if inner not in {"before", "after"}},
                    kind,
                    counts,
                )
        else:
            _count(value, name, counts)


def _key(host: Host) -> dict[str, str]:
    return {
        "tls_connect": PSK,
        "tls_accept": PSK,
        "tls_psk_identity": host.psk_identity,
        "tls_psk": host.psk,
    }


def _macros(macros: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"macro": f"{{${name}}}", "value": str(value)} for name, value in sorted(macros.items())]
