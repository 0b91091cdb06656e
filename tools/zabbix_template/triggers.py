"""Triggers of the template, with what each waits for. Pure: it reads no file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.zabbix_template.items import DEVICE
from tools.zabbix_template.release import tags, uuid

Made = dict[str, Any]
OWN = "item"
"""Under this a trigger has the key of its one item, until it is put there."""
_COMPARISON = re.compile(r"\) *(<=|>=|<>|<|>|=) *")
"""With spaces around it, so that lines can be broken there."""
_ITEM = re.compile(r"\[([a-z0-9_.]+(?:\[[^\]]*\])?)\]")


def triggers(
    host: Sequence[Mapping[str, Any]],
    card: Sequence[Mapping[str, Any]],
    keys: Mapping[str, str],
    template: str,
) -> tuple[list[Made], list[Made]]:
    """Triggers with their dependencies, in the order given, each under the key of its item where it has one alone.

    Args:
        host: of template.yml, those of the host.
        card: those of each card.
        keys: an item's key as expressions name it, and as Zabbix does.
        template: its name, which expressions carry.
    """
    named = {each["name"]: _condition(each, keys, template) for each in (*host, *card)}
    return [_trigger(each, named, keys) for each in host], [_trigger(each, named, keys) for each in card]


def spread(made: Sequence[Made], items: Sequence[Made], into: str) -> list[Made]:
    """Put triggers of one item beneath it, as Zabbix writes them, and return the others."""
    by_key = {each["key"]: each for each in items}
    left = []
    for trigger in made:
        key = trigger.pop(OWN)
        if key:
            by_key[key].setdefault(into, []).append(trigger)
        else:
            left.append(trigger)
    return left


def items_in(expression: str) -> Iterator[str]:
    """The items that an expression of template.yml names."""
    yield from _ITEM.findall(expression)


def _condition(each: Mapping[str, Any], keys: Mapping[str, str], template: str) -> Made:
    def written(expression: str) -> str:
        spaced = _COMPARISON.sub(r") \1 ", " ".join(expression.split()))
        return _ITEM.sub(lambda found: f"/{template}/{keys[found[1]]}", spaced)

    recovery = written(each.get("recovery", ""))
    own = {"recovery_mode": "RECOVERY_EXPRESSION", "recovery_expression": recovery} if recovery else {}
    return {"expression": written(each["expression"]), **own, "name": each["name"]}


def _trigger(each: Mapping[str, Any], named: Mapping[str, Made], keys: Mapping[str, str]) -> Made:
    used = {keys[name] for name in items_in(f"{each['expression']} {each.get('recovery', '')}")}
    card = "{#INDEX}" in each["name"]
    wait = [
        {name: value for name, value in named[other].items() if name != "recovery_mode"}
        for other in each.get("after", ())
    ]
    made = {
        "uuid": uuid("trigger", each["name"]),
        **named[each["name"]],
        "opdata": each.get("opdata"),
        "priority": each["severity"],
        "description": each.get("description"),
        "manual_close": "YES" if each.get("manual_close") else None,
        "dependencies": wait or None,
        "tags": tags({"scope": each["scope"], **(DEVICE if card else {})}),
    }
    kept = {name: value for name, value in made.items() if value is not None}
    return {**kept, OWN: used.pop() if len(used) == 1 else ""}
