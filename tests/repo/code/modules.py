"""The Python modules of this checkout and what they import, read from their syntax trees. Imports none of them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from tests.repo.tree import files_under, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One parsed source file."""

    name: str
    """Dotted, as `import` spells it."""
    path: PurePosixPath
    tree: ast.Module


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported name."""

    target: str
    """`package.module`, and for `from a import b` also `a.b`: b may be a module."""
    line: int
    at_import_time: bool
    """False inside a function or under `TYPE_CHECKING`."""


@cache
def modules(*packages: str) -> tuple[Module, ...]:
    """Every module of these top-level folders."""
    return tuple(
        parse(path, read(path))
        for path in files_under(*packages, suffix=".py")
        if "molecule" not in path.parts
    )


def parse(path: PurePosixPath, text: str) -> Module:
    """The module that `text` would be if it lay at `path`."""
    parts = path.with_suffix("").parts
    return Module(
        name=".".join(parts[:-1] if parts[-1] == "__init__" else parts),
        path=path,
        tree=ast.parse(text, filename=str(path)),
    )


def imports(module: Module) -> Iterator[Import]:
    """Every import statement's targets, wherever it stands."""
    lazy = {
        id(inner)
        for outer in ast.walk(module.tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_for_types_only(outer)
        for inner in ast.walk(outer)
    }
    for node in ast.walk(module.tree):
        for target in _targets(node):
            yield Import(target=target, line=getattr(node, "lineno", 0), at_import_time=id(node) not in lazy)


def belongs(name: str, room: str) -> bool:
    """True for the room itself and everything inside it."""
    return name == room or name.startswith(f"{room}.")


def _is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _targets(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Import):
        return tuple(alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom) and node.module is not None:
        return tuple(f"{node.module}.{alias.name}" for alias in node.names)
    return ()
