"""What runs on hosts keeps to Python 3.9: to its grammar, and of its library to what was there."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.repo.code.modules import Module, modules, parse
from tests.repo.tree import Violation, assert_kept, read

OLDEST = (3, 9)
SENT = ("gpuhost", "collections")
ON_THE_CONTROLLER = {"action", "plugin_utils"}

NAMES = {
    "asyncio": {"Barrier", "Runner", "TaskGroup", "timeout", "timeout_at"},
    "contextlib": {"aclosing", "chdir"},
    "dataclasses": {"KW_ONLY"},
    "datetime": {"UTC"},
    "enum": {"EnumCheck", "FlagBoundary", "ReprEnum", "StrEnum", "member", "nonmember", "verify"},
    "hashlib": {"file_digest"},
    "inspect": {"get_annotations", "markcoroutinefunction"},
    "itertools": {"batched", "pairwise"},
    "math": {"cbrt", "exp2", "fma", "sumprod"},
    "operator": {"call"},
    "os": {"EFD_CLOEXEC", "eventfd", "process_cpu_count", "setns", "splice", "unshare"},
    "sys": {"exception", "orig_argv", "stdlib_module_names"},
    "types": {"EllipsisType", "NoneType", "NotImplementedType", "UnionType", "get_original_bases"},
    "typing": {
        "Concatenate", "LiteralString", "Never", "NotRequired", "ParamSpec", "ReadOnly", "Required", "Self", "TypeAlias",
        "TypeGuard", "TypeIs", "TypeVarTuple", "Unpack", "assert_never", "assert_type", "override", "reveal_type",
    },
    "uuid": {"uuid6", "uuid7", "uuid8"},
}  # fmt: skip
"""Module of the library -> what it has from Python 3.10 to 3.14 on, from "What's New in Python" of each."""

MODULES = {"annotationlib", "compression", "tomllib"}
KEYWORDS = {"dataclass": {"kw_only", "match_args", "slots", "weakref_slot"}, "zip": {"strict"}}
"""Function -> arguments that it takes from then on."""


def test_what_runs_on_hosts_keeps_to_the_oldest_python() -> None:
    assert_kept(
        found
        for module in modules(*SENT)
        if not ON_THE_CONTROLLER & set(module.path.parts)
        for found in (*grammar(module.path, read(module.path)), *library(module))
    )


@pytest.mark.parametrize(
    "text",
    [
        "match word:\n    case _:\n        pass",
        "def first[T](given: list[T]) -> T: ...",
        "try:\n    pass\nexcept* OSError:\n    pass",
    ],
)
def test_grammar_that_came_later_is_seen(text: str) -> None:
    assert len(list(grammar(PurePosixPath("gpuhost/sample.py"), text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import tomllib",
        "from datetime import UTC",
        "import datetime\nnow = datetime.datetime.now(datetime.UTC)",
        "from enum import StrEnum",
        "@dataclass(frozen=True, slots=True)\nclass A: ...",
        "pairs = zip(a, b, strict=True)",
        "isinstance(a, int | str)",
    ],
)
def test_a_name_that_came_later_is_seen(text: str) -> None:
    assert len(list(library(parse(PurePosixPath("gpuhost/sample.py"), text)))) == 1


def grammar(path: PurePosixPath, text: str) -> Iterator[Violation]:
    """Where the oldest Python's parser stops."""
    try:
        ast.parse(text, feature_version=OLDEST)
    except SyntaxError as error:
        yield _newer(path, error.lineno or 0, error.msg)


def library(module: Module) -> Iterator[Violation]:
    """Names and arguments that the oldest Python's library does not have."""
    for node in module.of(ast.Import, ast.ImportFrom, ast.Attribute, ast.Call):
        for name in _names(node):
            yield _newer(module.path, getattr(node, "lineno", 0), name)


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in MODULES)
    elif isinstance(node, ast.ImportFrom):
        known = NAMES.get(node.module or "", set())
        yield from (alias.name for alias in node.names if alias.name in known or node.module in MODULES)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.attr in NAMES.get(node.value.id, set()):
            yield f"{node.value.id}.{node.attr}"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        later = KEYWORDS.get(node.func.id, set())
        yield from (f"{node.func.id}({each.arg}=)" for each in node.keywords if each.arg in later)
        if node.func.id in {"isinstance", "issubclass"} and isinstance(node.args[1], ast.BinOp):
            yield f"{node.func.id}(…, A | B)"


def _newer(path: PurePosixPath, line: int, name: str) -> Violation:
    version = ".".join(map(str, OLDEST))
    return Violation(
        path=path, line=line, rule=f"Python {version} does not have it: {name}", remedy="use what it has"
    )
