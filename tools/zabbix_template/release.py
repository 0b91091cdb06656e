"""What Zabbix 6.0 and 7.0 write in another way, and what names a thing in both. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What differs from one release of Zabbix to the other."""

    version: str
    groups: str
    """The key of the groups of templates."""
    scale: int
    """Columns of a dashboard, as a multiple of 24."""
    lifetime: Mapping[str, str]
    """What becomes of a card that is no longer discovered: nothing for a month, because its being gone is a problem. That is
    what 6.0 does without being told."""
    widgets: Mapping[str, str]
    """Types of widgets: a value, a graph, graphs of each card."""
    item_settings: Mapping[str, int]
    """What the widget of a value needs before it takes settings of its look."""
    numbers_first: bool
    """Whether a widget's numbers come before its other fields."""
    referenced: bool
    """Whether graphs in a dashboard have names of five letters, without which they know no period of time."""
    numbered: str
    """What follows the name of a widget's field that may be one of several."""


RELEASES = (
    Release(
        version="6.0",
        groups="groups",
        scale=1,
        lifetime={},
        widgets={"item": "ITEM", "graph": "GRAPH_CLASSIC", "graphprototype": "GRAPH_PROTOTYPE"},
        item_settings={"adv_conf": 1},
        numbers_first=True,
        referenced=False,
        numbered="",
    ),
    Release(
        version="7.0",
        groups="template_groups",
        scale=3,
        lifetime={"lifetime": "30d", "enabled_lifetime_type": "DISABLE_NEVER"},
        widgets={"item": "item", "graph": "graph", "graphprototype": "graphprototype"},
        item_settings={},
        numbers_first=False,
        referenced=True,
        numbered=".0",
    ),
)


def uuid(kind: str, name: str) -> str:
    """32 hexadecimal digits that follow from the name, and that Zabbix takes for a UUID of version 4: an import then changes what an
    earlier one made."""
    made = hashlib.sha256(f"orchestrate {kind} {name}".encode()).hexdigest()
    return f"{made[:12]}4{made[13:16]}{'89ab'[int(made[16], 16) % 4]}{made[17:32]}"


def tags(given: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as a list, in the order in which Zabbix keeps them."""
    return [{"tag": tag, "value": value} for tag, value in sorted(given.items())]
