"""What an IAM policy allows, by actions, resources and conditions. Pure.

The operators and keys are those of IAM's own reference; a document with another operator is refused rather than passed over.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

Keys = Mapping[str, tuple[str, ...]]
"""Values of condition keys; the keys in lower case."""

_FREE = frozenset({"sts:GetCallerIdentity"})
"""AWS allows these to everybody."""


def _like(value: str, pattern: str) -> bool:
    """IAM knows `*` and `?`, and no brackets."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
}
_NEGATIVE = {"StringNotEquals": "StringEquals", "StringNotLike": "StringLike", "ArnNotLike": "ArnLike"}
_NULL = "Null"
_IF_EXISTS = "IfExists"
_ANY, _ALL = "ForAnyValue", "ForAllValues"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One resource that a request touches."""

    arn: str
    keys: Keys = field(default_factory=dict)
    """What conditions may ask of the request and of this resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """One permission that a request needs, for every one of its resources."""

    action: str
    """`ec2:RunInstances`."""
    targets: tuple[Target, ...]


class Policy:
    """An IAM policy document.

    Args:
        document: as IAM takes it, in JSON.

    Raises:
        ValueError: it has a condition's operator that is not played.
    """

    def __init__(self, document: str) -> None:
        statements = json.loads(document)["Statement"]
        self._statements: list[dict[str, Any]] = [statements] if isinstance(statements, dict) else statements
        for each in self._statements:
            for operator in each.get("Condition", {}):
                if _plain(operator) not in {_NULL, *_OPERATORS, *_NEGATIVE}:
                    raise ValueError(f"the condition operator {operator} is not played")

    def refused(self, needed: Needed) -> str | None:
        """The ARN of the first resource for which no statement allows the action, or one denies it; None where there is none."""
        if needed.action in _FREE:
            return None
        return next((each.arn for each in needed.targets if not self._allows(needed.action, each)), None)

    def _allows(self, action: str, target: Target) -> bool:
        effects = {each["Effect"] for each in self._statements if _applies(each, action, target)}
        return effects == {"Allow"}


def _applies(statement: Mapping[str, Any], action: str, target: Target) -> bool:
    named = any(_like(action.lower(), each.lower()) for each in _listed(statement.get("Action", ())))
    meant = any(_like(target.arn, each) for each in _listed(statement.get("Resource", "*")))
    return named and meant and _holds(statement.get("Condition", {}), target.keys)


def _holds(condition: Mapping[str, Mapping[str, Any]], keys: Keys) -> bool:
    return all(
        _test(operator, keys.get(key.lower()), _listed(wanted))
        for operator, tests in condition.items()
        for key, wanted in tests.items()
    )


def _test(operator: str, values: tuple[str, ...] | None, wanted: tuple[str, ...]) -> bool:
    plain = _plain(operator)
    if plain == _NULL:
        return (values is None) == (wanted[0].lower() == "true")
    if values is None:
        return operator.startswith(_ALL) or operator.endswith(_IF_EXISTS) or plain in _NEGATIVE
    match = _OPERATORS[_NEGATIVE.get(plain, plain)]
    hits = [any(match(value, each) for each in wanted) for value in values]
    found = all(hits) if operator.startswith(_ALL) else any(hits)
    return not found if plain in _NEGATIVE else found


def _plain(operator: str) -> str:
    """Without the words before and behind it."""
    return operator.rpartition(":")[2].removesuffix(_IF_EXISTS)


def _listed(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
