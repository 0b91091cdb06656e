"""The roles of this checkout as data with line numbers. Judges nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

import yaml

from tests.repo.tree import files_under, read


class Mapping(dict[str, object]):
    """A YAML mapping that knows the line of each of its keys."""

    def __init__(self, items: dict[str, object], lines: dict[str, int]) -> None:
        super().__init__(items)
        self.lines = lines


class _Loader(yaml.SafeLoader):
    """Safe YAML whose mappings are `Mapping`."""


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> Mapping:
    loader.flatten_mapping(node)
    return Mapping(
        {
            str(loader.construct_object(key)): loader.construct_object(value, deep=True)
            for key, value in node.value
        },
        {str(key.value): key.start_mark.line + 1 for key, _ in node.value},
    )


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One role's files."""

    name: str
    files: frozenset[PurePosixPath]
    """Relative to the role's folder."""

    @property
    def folder(self) -> PurePosixPath:
        """The role's folder, relative to the root."""
        return PurePosixPath("roles") / self.name

    def under(self, folder: str) -> tuple[PurePosixPath, ...]:
        """The YAML files below one of the role's folders, relative to the root."""
        return tuple(
            self.folder / path
            for path in sorted(self.files)
            if path.is_relative_to(folder) and path.suffix in {".yml", ".yaml"}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task or block, wherever it stands."""

    path: PurePosixPath
    line: int
    body: Mapping


@cache
def roles() -> tuple[Role, ...]:
    """Every role, by name."""
    names = sorted({path.parts[1] for path in files_under("roles") if len(path.parts) > 2})
    return tuple(
        Role(
            name=name,
            files=frozenset(
                path.relative_to(f"roles/{name}") for path in files_under("roles") if path.parts[1] == name
            ),
        )
        for name in names
    )


@cache
def load(text: str) -> object:
    """Parsed YAML, its mappings with line numbers; None for an empty document. Nobody changes what is handed out."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506  _Loader is a SafeLoader


def load_file(path: PurePosixPath) -> object:
    """One of the checkout's YAML files; None for one that cannot be read, which is a violation of its own."""
    return None if unreadable(read(path)) else load(read(path))


def unreadable(text: str) -> str:
    """Why the text is no YAML; empty when it is. Molecule reads with this parser, which takes less than Ansible's."""
    try:
        load(text)
    except yaml.YAMLError as error:
        return " ".join(str(error).split())
    return ""


def load_mapping(text: str) -> Mapping:
    """The document's top-level mapping; empty when it has none."""
    loaded = load(text)
    return loaded if isinstance(loaded, Mapping) else Mapping({}, {})


def inside(mapping: Mapping, *keys: str) -> Mapping:
    """The mapping that lies under these keys; empty where there is none."""
    for key in keys:
        found = mapping.get(key)
        mapping = found if isinstance(found, Mapping) else Mapping({}, {})
    return mapping


def tasks(path: PurePosixPath, text: str) -> Iterator[Task]:
    """Every task of a task or handler file, and every one inside a block."""
    yield from _tasks(path, load(text))


def mappings(value: object) -> Iterator[Mapping]:
    """The value's mappings at any depth, outermost first."""
    if isinstance(value, Mapping):
        yield value
        for inner in value.values():
            yield from mappings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from mappings(inner)


def _tasks(path: PurePosixPath, loaded: object) -> Iterator[Task]:
    for body in loaded if isinstance(loaded, list) else ():
        if not isinstance(body, Mapping):
            continue
        yield Task(path=path, line=min(body.lines.values(), default=1), body=body)
        for key in ("block", "rescue", "always"):
            yield from _tasks(path, body.get(key))
