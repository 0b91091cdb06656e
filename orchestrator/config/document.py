"""Read a YAML file as plain values, and remember on which line each key stands. Knows no key of ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import ConfigError

if TYPE_CHECKING:
    from yaml import Node

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A YAML mapping and the places of its keys."""

    values: dict[object, object]
    lines: dict[KeyPath, int]
    """Line, from 1, of each key and list item."""


def read_document(path: Path) -> Document:
    """Read the mapping in `path`; an empty file is an empty mapping.

    Raises:
        ConfigError: the file cannot be read, is not YAML, repeats a key, or holds something other than keys.
    """
    text = _read_text(path)
    import yaml  # here, because a run without a file does not need its 30 ms

    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return Document(values={}, lines={})
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError(
                f"{path}:{node.start_mark.line + 1}: not a mapping",
                "write `key: value` lines, such as `name: lab`",
            )
        places = list(_walk(node, (), set()))
        _refuse_repetition(path, places)
        return Document(values=loader.construct_document(node), lines=dict(places))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ConfigError(f"{where}: {error.problem or error.context}", _SYNTAX_HINT) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {str(error).splitlines()[0]}", _SYNTAX_HINT) from error


def read_value(text: str) -> object:
    """One value written as YAML, such as `[a, b]`. Raises ValueError when it is not YAML."""
    import yaml  # here, because a run without a file does not need its 30 ms

    try:
        value: object = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error).splitlines()[0]) from error
    return value


_SYNTAX_HINT = (
    "indent with spaces, never tabs; put a space behind each colon; quote text that holds `: ` or `#`"
)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such file",
            "leave --config out for the default sandbox, or copy examples/sandbox.yml",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: byte {error.start} is not UTF-8", "save the file as UTF-8 text"
        ) from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", "name a file that you may read") from error


def _walk(node: "Node", path: KeyPath, seen: set[int]) -> Iterator[tuple[KeyPath, int]]:
    """Places of everything under `node`. An aliased node counts once, so an alias to itself ends too."""
    from yaml import MappingNode, ScalarNode, SequenceNode

    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                key.tag = (
                    "tag:yaml.org,2002:str"  # a key is what is written: `on` is no boolean, `1` no number
                )
            yield (*path, str(key.value)), key.start_mark.line + 1
            yield from _walk(value, (*path, str(key.value)), seen)
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield (*path, index), item.start_mark.line + 1
            yield from _walk(item, (*path, index), seen)


def _refuse_repetition(path: Path, places: list[tuple[KeyPath, int]]) -> None:
    first: dict[KeyPath, int] = {}
    for key_path, line in places:
        if key_path in first and key_path[-1] != "<<":
            raise ConfigError(
                f"{path}:{line}: {key_path[-1]}: the key stands already on line {first[key_path]}",
                "keep one of the two",
            )
        first[key_path] = line
