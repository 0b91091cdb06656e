"""Items of the template: the one that asks a host, and those that are taken from its answer. Pure: it reads no file."""

from collections.abc import Mapping, Sequence
from typing import Any

from tools.zabbix_template.release import Release, tags, uuid

Row = Mapping[str, str]
"""Of items.csv. `path` is where the figure lies in what shape.js makes of the answer, of the host or of one card; `value` is empty for a
whole number; `stored` is `each` or `rare` where unchanged values are kept or left out other than its kind of value says."""
Made = dict[str, Any]

MASTER = "gpuhost.gpus"
"""The one item that asks the host: a UserParameter of role zabbix_agent."""
DAEMON = "vfs.file.time[/run/gpuhost/snapshot.json,modify]"
RAW = 'gpuhost.device.get["{#UUID}"]'
STATE = 'gpuhost.device.state["{#UUID}"]'
DEVICE = {"device": "{#UUID}"}
YES_OR_NO = "Yes or no"
UNCHANGED_S = "1h"

_CARD = '$.cards[?(@.uuid == "{#UUID}")]'
_IDENTITY = """\
var named = JSON.parse(value).cards.filter(function (card) {
  return card.uuid;
});
return JSON.stringify(named.map(function (card) {
  return { '{#UUID}': card.uuid, '{#NAME}': card.name, '{#INDEX}': card.index };
}));
"""
_TYPES = {"float": {"value_type": "FLOAT"}, "char": {"value_type": "CHAR"}, "text": {"value_type": "TEXT"}}


def key_of(row: Row) -> str:
    """The item's key; a card's has its UUID."""
    return row["key"] if row["of"] == "host" else f'{row["key"]}["{{#UUID}}"]'


def host_items(rows: Sequence[Row], shape: str) -> list[Made]:
    """The master item, the daemon's sign of life, and what is told of the host."""
    master = {
        "uuid": uuid("item", MASTER),
        "name": "Answer of the host",
        "key": MASTER,
        "delay": "{$GPU.INTERVAL}",
        "history": "0",
        "trends": "0",
        "value_type": "TEXT",
        "description": "What `gpuhost gpus --json` prints there.",
        "preprocessing": [_step("JAVASCRIPT", shape)],
        "tags": tags({"component": "raw"}),
    }
    daemon = {
        "uuid": uuid("item", DAEMON),
        "name": "Last time that the telemetry daemon wrote",
        "key": DAEMON,
        "history": "7d",
        "trends": "0",
        "units": "unixtime",
        "tags": tags({"component": "health"}),
    }
    return [master, daemon, *(_taken(row) for row in rows if row["of"] == "host")]


def discovery(rows: Sequence[Row], release: Release) -> Made:
    """Cards by their UUID, with the items of each; triggers and graphs are not in it yet."""
    raw = _dependent(RAW, "GPU {#INDEX}: all of it", [_discarding("JSONPATH", f"{_CARD}.first()")])
    raw |= {"history": "0", "trends": "0", "value_type": "TEXT", "tags": tags({"component": "raw", **DEVICE})}
    # What is not listed any more says so itself.
    state = _step("JSONPATH", f"{_CARD}.state.first()") | {
        "error_handler": "CUSTOM_VALUE",
        "error_handler_params": "missing",
    }
    seen = _dependent(STATE, "GPU {#INDEX}: State", [state, _step("DISCARD_UNCHANGED_HEARTBEAT", "10m")])
    seen |= {"trends": "0", "value_type": "CHAR", "tags": tags({"component": "health", **DEVICE})}
    return {
        "uuid": uuid("discovery", "nvml.device.discovery"),
        "name": "GPUs",
        "type": "DEPENDENT",
        "key": "nvml.device.discovery",
        "delay": "0",
        **release.lifetime,
        "item_prototypes": [raw, seen, *(_taken(row) for row in rows if row["of"] == "card")],
        "master_item": {"key": MASTER},
        "preprocessing": [
            _step("JAVASCRIPT", _IDENTITY),
            _step("DISCARD_UNCHANGED_HEARTBEAT", UNCHANGED_S),
        ],
    }


def _taken(row: Row) -> Made:
    """An item that is taken from the answer, or from the part of it that is about one card."""
    card = row["of"] == "card"
    steps = [_discarding("JSONPATH", f"$.{row['path']}")]
    if row["value"] == "bool":
        steps.append(_step("BOOL_TO_DECIMAL", ""))
    if row["times"]:
        steps.append(_step("MULTIPLIER", row["times"]))
    if row["stored"] == "rare" or (row["value"] in {"bool", "char", "text"} and row["stored"] != "each"):
        steps.append(_step("DISCARD_UNCHANGED_HEARTBEAT", UNCHANGED_S))
    made = _dependent(key_of(row), f"GPU {{#INDEX}}: {row['name']}" if card else row["name"], steps)
    made |= _TYPES.get(row["value"], {})
    made |= {"trends": "0"} if row["value"] in {"char", "text"} else {}
    made |= {"units": row["units"]} if row["units"] else {}
    made |= {"valuemap": {"name": YES_OR_NO}} if row["value"] == "bool" else {}
    made |= {"master_item": {"key": RAW}} if card else {}
    made["tags"] = tags({"component": row["component"], **(DEVICE if card else {})})
    return made


def _dependent(key: str, name: str, steps: Sequence[Made]) -> Made:
    return {
        "uuid": uuid("item", key),
        "name": name,
        "type": "DEPENDENT",
        "key": key,
        "delay": "0",
        "history": "30d",
        "preprocessing": list(steps),
        "master_item": {"key": MASTER},
    }


def _step(kind: str, parameter: str) -> Made:
    return {"type": kind, "parameters": [parameter]}


def _discarding(kind: str, parameter: str) -> Made:
    """What is not told leaves the item as it is: neither zero nor unsupported."""
    return {**_step(kind, parameter), "error_handler": "DISCARD_VALUE"}
