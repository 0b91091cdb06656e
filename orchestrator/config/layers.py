"""Lay file, environment and flags over one another, and remember where each value came from. Checks no value."""

from collections.abc import Mapping
from pathlib import Path

from orchestrator.config.document import KeyPath, read_document, read_value
from orchestrator.config.keys import did_you_mean
from orchestrator.errors import ConfigError

PREFIX = "ORCHESTRATE_"
COMMAND_LINE = "command line"
"""The origin of what was given as an option."""
FREE_SECTION = "vars"
"""The one section whose keys are the roles' and not ours."""


class Layers:
    """Nested values, a later layer over an earlier one, and the origin of each."""

    def __init__(self) -> None:
        self.values: dict[object, object] = {}
        self._origins: dict[KeyPath, str] = {}

    def add_file(self, path: Path) -> None:
        """Lay a YAML file over what is there."""
        document = read_document(path)
        self.values.update(document.values)
        self._origins.update({key: f"{path}:{line}" for key, line in document.lines.items()})

    def add_environment(self, environ: Mapping[str, str], known: tuple[tuple[str, ...], ...]) -> None:
        """Lay the variables named `ORCHESTRATE_<KEY>` or `ORCHESTRATE_<SECTION>__<KEY>` over what is there.

        An empty variable counts as not set. Raises:
            ConfigError: such a variable stands for no key, or is no YAML where a list or mapping is meant.
        """
        keys = {PREFIX + "__".join(path).upper(): path for path in known}
        for variable in sorted(name for name, text in environ.items() if name.startswith(PREFIX) and text):
            path = keys.get(variable) or _free_key(variable)
            if path is None:
                raise ConfigError(f"{variable}: unknown key", did_you_mean(variable, keys))
            self._set(path, _parse(variable, environ[variable], path), variable)

    def add_flags(self, flags: Mapping[str, object]) -> None:
        """Lay flags over what is there: dotted keys; None means that the flag was not given."""
        for key, value in flags.items():
            if value is not None:
                self._set(tuple(key.split(".")), value, COMMAND_LINE)

    def origin(self, path: KeyPath) -> str:
        """Where the value at `path`, or the nearest one above it, was given; empty for a default."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._origins:
                return self._origins[path[:length]]
        return ""

    def _set(self, path: tuple[str, ...], value: object, origin: str) -> None:
        section = self.values
        for part in path[:-1]:
            below = section.get(part)
            if below is None:
                below = section[part] = {}
            if not isinstance(below, dict):
                return  # what stands there is wrong and will be reported as such
            section = below
        section[path[-1]] = value
        self._origins = {key: kept for key, kept in self._origins.items() if key[: len(path)] != path}
        self._origins[path] = origin


def _free_key(variable: str) -> tuple[str, ...] | None:
    head, separator, name = variable.removeprefix(PREFIX).lower().partition("__")
    return (head, name) if head == FREE_SECTION and separator and name else None


def _parse(variable: str, text: str, path: tuple[str, ...]) -> object:
    """Text stays text (the model turns it into numbers); lists, mappings and role variables are YAML."""
    if path[0] != FREE_SECTION and not text.lstrip().startswith(("[", "{")):
        return text
    try:
        return read_value(text)
    except ValueError as error:
        raise ConfigError(f"{variable}: {error}", "write it as YAML, such as `[a, b]`") from error
