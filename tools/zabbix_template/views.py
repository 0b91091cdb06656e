"""Graphs and the dashboard of the template. Pure: it reads no file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from tools.zabbix_template.release import Release, uuid

Made = dict[str, Any]
COLORS = ("1A7C11", "F63100", "2774A4", "F7941D")
PROTOTYPES = {"columns": "2", "rows": "1"}
"""Two cards side by side; the widget turns to others."""
VALUE_ALONE = 2
"""Of an item's widget: its title says the name, and the time is now."""
LETTERS, DIGITS = 24, 40
"""Percent of the widget's height: a version does not fit in the size of a number."""


@dataclass(frozen=True, slots=True)
class Names:
    """What is named in a dashboard, as Zabbix knows it."""

    template: str
    keys: Mapping[str, str]
    """Of items, by their keys in template.yml."""
    texts: frozenset[str]
    """Of these, those that hold text."""


def graph(given: Mapping[str, Any], names: Names) -> Made:
    """One graph of items, or of the items of each card. Without being told, Zabbix' fixed scale is from 0 to 100."""
    scale = {"ymin_type_1": "FIXED", **({"ymax_type_1": "FIXED"} if given.get("percent") else {})}
    return {
        "uuid": uuid("graph", given["name"]),
        "name": given["name"],
        **scale,
        "graph_items": [
            _without_zero(
                {
                    "sortorder": str(number),
                    "drawtype": "BOLD_LINE",
                    "color": COLORS[number],
                    "item": {"host": names.template, "key": names.keys[key]},
                }
            )
            for number, key in enumerate(given["lines"])
        ],
    }


def dashboard(given: Mapping[str, Any], names: Names, release: Release) -> Made:
    """Pages of widgets in rows: values by the key of an item, graphs by their name."""
    return {
        "uuid": uuid("dashboard", given["name"]),
        "name": given["name"],
        "pages": [
            {"name": page["name"], "widgets": _widgets(page["rows"], names, release)}
            for page in given["pages"]
        ],
    }


def reference(shown: str) -> str:
    """Five letters that follow from a graph's name."""
    number = int(uuid("reference", shown), 16)
    return "".join(ascii_uppercase[number // 26**place % 26] for place in range(5))


def _widgets(rows: Sequence[Sequence[Sequence[Any]]], names: Names, release: Release) -> list[Made]:
    made, y = [], 0
    for row in rows:
        x = 0
        for shown, width, height in row:
            size = {"width": str(width * release.scale), "height": str(height)}
            place = _without_zero({"x": str(x * release.scale), "y": str(y)})
            kind, fields = _content(shown, names, release)
            made.append(
                {
                    "type": release.widgets[kind],
                    **place,
                    **size,
                    "fields": _in_order(fields, release),
                }
            )
            x += width
        y += max(height for _, _, height in row)
    # As Zabbix keeps them.
    return sorted(made, key=lambda each: (int(each.get("x", 0)), int(each.get("y", 0))))


def _in_order(fields: Sequence[Made], release: Release) -> list[Made]:
    """As that release keeps them."""
    return sorted(
        fields, key=lambda each: (release.numbers_first and each["type"] != "INTEGER", each["name"])
    )


def _without_zero(given: Made) -> Made:
    """As Zabbix writes it: a zero is not said."""
    return {name: value for name, value in given.items() if value != "0"}


def _content(shown: str, names: Names, release: Release) -> tuple[str, list[Made]]:
    """The widget's kind, and its fields."""
    if shown in names.keys:
        item = {"host": names.template, "key": names.keys[shown]}
        size = LETTERS if shown in names.texts else DIGITS
        digits = {} if shown in names.texts else {"decimal_places": 0}
        numbers = {
            **release.item_settings,
            **digits,
            f"show{release.numbered}": VALUE_ALONE,
            "value_size": size,
        }
        settings = [{"type": "INTEGER", "name": name, "value": str(value)} for name, value in numbers.items()]
        return "item", [*settings, {"type": "ITEM", "name": f"itemid{release.numbered}", "value": item}]
    given = {"host": names.template, "name": shown}
    field = {"name": f"graphid{release.numbered}", "value": given}
    named = [{"type": "STRING", "name": "reference", "value": reference(shown)}] if release.referenced else []
    if "{#" not in shown:
        return "graph", [*named, {"type": "GRAPH", **field}]
    counts = [{"type": "INTEGER", "name": name, "value": value} for name, value in PROTOTYPES.items()]
    return "graphprototype", [*counts, *named, {"type": "GRAPH_PROTOTYPE", **field}]
