"""What an IAM policy allows, by the names of actions. Pure. Resources and conditions are not looked at."""

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

_FREE = frozenset({"sts:GetCallerIdentity"})
"""AWS allows these to everybody."""


class Policy:
    """An IAM policy document.

    Args:
        document: as IAM takes it, in JSON.
    """

    def __init__(self, document: str) -> None:
        statements = json.loads(document)["Statement"]
        self._statements: list[dict[str, Any]] = [statements] if isinstance(statements, dict) else statements

    def allows(self, service: str, action: str) -> bool:
        """Whether some statement allows the action and none denies it."""
        name = f"{service}:{action}"
        effects = {each["Effect"] for each in self._statements if _names(each.get("Action", ()), name)}
        return name in _FREE or effects == {"Allow"}


def _names(actions: str | Iterable[str], name: str) -> bool:
    listed = (actions,) if isinstance(actions, str) else actions
    return any(fnmatchcase(name.lower(), each.lower()) for each in listed)
