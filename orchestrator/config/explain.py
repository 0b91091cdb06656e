"""Turn what pydantic found into one cause and one hint. Pure."""

import re

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from orchestrator.config.document import KeyPath
from orchestrator.config.keys import did_you_mean, look_up
from orchestrator.config.layers import Layers
from orchestrator.errors import ConfigError

_HOST_FORMS = ("count", "list")
"""pydantic names the form of `hosts:` in its paths; the file does not."""

_PLAIN_WORDS = {
    "dict_type": "should be a mapping of keys to values",
    "model_type": "should be a mapping of keys to values",
    "tuple_type": "should be a list",
    "string_type": "should be text (quote it)",
}

_LONGEST_SEEN = 40


def explain(error: ValidationError, layers: Layers) -> ConfigError:
    """The first of the errors (the others are often its echo): where, which key, what was seen, what is allowed."""
    details = error.errors(include_url=False)[0]
    path = _path_in_file(details["loc"])
    return config_error(path, layers, _problem(details), _hint(details, path))


def config_error(path: KeyPath, layers: Layers, problem: str, hint: str) -> ConfigError:
    """A problem with the key at `path`, and where that key was given."""
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return ConfigError(f"{layers.origin(path)}: {dotted}: {problem}", hint)


def _path_in_file(loc: tuple[int | str, ...]) -> KeyPath:
    if loc[0] == "hosts" and loc[1:2] and loc[1] in _HOST_FORMS:
        return (loc[0], *loc[2:])
    return loc


def _problem(details: ErrorDetails) -> str:
    if details["type"] == "extra_forbidden":
        return "unknown key"
    should = _PLAIN_WORDS.get(details["type"]) or details["msg"].partition(", unable to parse")[0]
    seen = repr(details["input"])
    if len(seen) > _LONGEST_SEEN:
        seen = f"{seen[:_LONGEST_SEEN]}…"
    return f"{seen}: {should[0].lower()}{should[1:]}"


def _hint(details: ErrorDetails, path: KeyPath) -> str:
    section, field = look_up(path)
    if details["type"] == "extra_forbidden":
        return did_you_mean(str(path[-1]), section.fields_by_key())
    if details["type"] == "literal_error":
        return did_you_mean(str(details["input"]), re.findall(r"'([^']*)'", details["ctx"]["expected"]))
    return field.description or "" if field else ""
