"""What runs on hosts runs on Python 3.9 to 3.14: in the oldest one's grammar, and with what the library of each has.

Ubuntu 22.04 has Python 3.10, Ubuntu 26.04 has 3.14. Neither is needed here: all is read from syntax trees."""

import ast
import sys
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath

import pytest
import yaml

from tests.repo.code.modules import Module, modules, parse
from tests.repo.tree import Violation, assert_kept, read

OLDEST = (3, 9)
SENT = ("gpuhost", "collections")
OLDEST_ENVIRONMENT = "3.10"
"""Of the environments that training runs in: Ubuntu 22.04's."""
CONFIG = PurePosixPath("collections/ansible_collections/orchestrate/gpu/tests/config.yml")
ON_THE_CONTROLLER = {"action", "filter", "plugin_utils"}

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
BUILTINS = {"BaseExceptionGroup", "ExceptionGroup", "PythonFinalizationError", "aiter", "anext"}
METHODS = {
    "add_note",
    "bit_count",
    "full_match",
    "hardlink_to",
    "is_junction",
    "move_into",
    "walk",
    "with_segments",
}
"""What the library's objects can do from then on; functions of modules, as `os.walk`, are not meant."""

SEARCHING = {"case_sensitive", "include_hidden", "recurse_symlinks", "root_dir"}
KEYWORDS = {
    "NamedTemporaryFile": {"delete_on_close"},
    "Popen": {"process_group"},
    "TemporaryDirectory": {"delete", "ignore_cleanup_errors"},
    "bisect_left": {"key"},
    "bisect_right": {"key"},
    "dataclass": {"kw_only", "match_args", "slots", "weakref_slot"},
    "exists": {"follow_symlinks"},
    "extractall": {"filter"},  # Debian 12's 3.11.2 does not have it, though Ubuntu 22.04's 3.10.12 does
    "glob": SEARCHING,
    "insort": {"key"},
    "map": {"strict"},
    "read_text": {"newline"},
    "relative_to": {"walk_up"},
    "rglob": SEARCHING,
    "rmtree": {"onexc"},
    "run": {"process_group"},
    "write_text": {"newline"},
    "zip": {"strict"},
}
"""Function or method -> arguments that it takes from then on."""

GONE_MODULES = {
    "aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils", "imghdr", "imp", "lib2to3",
    "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sunau", "telnetlib", "uu",
    "xdrlib",
}  # fmt: skip
GONE_NAMES = {
    "ast": {"Bytes", "Ellipsis", "NameConstant", "Num", "Str"},
    "asyncio": {"coroutine", "get_child_watcher", "set_child_watcher"},
    "configparser": {"SafeConfigParser"},
    "inspect": {"formatargspec", "getargspec"},
    "locale": {"format", "resetlocale"},
    "pkgutil": {"ImpImporter", "find_loader", "get_loader"},
    "ssl": {"match_hostname", "wrap_socket"},
    "typing": {"ByteString"},
}
"""What a host's Python 3.10 may still have, and Python 3.14 has no more."""

OF_3_10 = {
    "KW_ONLY", "NoneType", "ParamSpec", "TypeAlias", "TypeGuard", "UnionType", "pairwise", "stdlib_module_names",
    ".bit_count()", ".hardlink_to()", "aiter", "anext", "dataclass(kw_only=)", "dataclass(slots=)", "isinstance(…, A | B)",
    "zip(strict=)",
}  # fmt: skip
"""What of all the above came first."""


def test_what_runs_on_hosts_keeps_to_the_oldest_python() -> None:
    assert_kept(
        found
        for module in modules(*SENT)
        if not ON_THE_CONTROLLER & set(module.path.parts)
        for found in (*grammar(module.path, read(module.path)), *library(module))
    )


def test_what_runs_in_training_environments_keeps_to_the_oldest_of_theirs() -> None:
    assert_kept(
        _newer(found.path, found.line, name, OLDEST_ENVIRONMENT)
        for module in modules("workloads")
        for found in library(module)
        if (name := found.rule.partition(": ")[2]) not in OF_3_10
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
        "raise ExceptionGroup('', [])",
        "for each in root.walk(): ...",
        "archive.extractall(folder, filter='data')",
        "tempfile.TemporaryDirectory(ignore_cleanup_errors=True)",
    ],
)
def test_a_name_that_came_later_is_seen(text: str) -> None:
    assert len(list(library(parse(PurePosixPath("gpuhost/sample.py"), text)))) == 1


@pytest.mark.parametrize(
    "text",
    ["import crypt", "from distutils.version import LooseVersion", "import ssl\nssl.wrap_socket(a)"],
)
def test_what_the_newest_python_has_no_more_is_seen(text: str) -> None:
    assert len(list(library(parse(PurePosixPath("gpuhost/sample.py"), text)))) == 1


def test_what_every_python_has_is_fine() -> None:
    text = "for each in os.walk(a): ...\nsubprocess.run((b,), check=True)\nfrom os import path"
    assert list(library(parse(PurePosixPath("gpuhost/sample.py"), text))) == []


def test_ansible_test_holds_modules_to_the_same_pythons() -> None:
    about = yaml.safe_load(read(CONFIG))
    assert about == {"modules": {"python_requires": f">={'.'.join(map(str, OLDEST))}"}}


def grammar(path: PurePosixPath, text: str) -> Iterator[Violation]:
    """Where the oldest Python's parser stops."""
    try:
        ast.parse(text, feature_version=OLDEST)
    except SyntaxError as error:
        yield _newer(path, error.lineno or 0, error.msg)


def library(module: Module) -> Iterator[Violation]:
    """Names and arguments that the library of the oldest Python does not have yet, or that of the newest no more."""
    for node in module.of(ast.Import, ast.ImportFrom, ast.Attribute, ast.Call, ast.Name):
        line = getattr(node, "lineno", 0)
        for name in (*_names(node, MODULES, NAMES), *_arguments(node)):
            yield _newer(module.path, line, name)
        for name in _names(node, GONE_MODULES, GONE_NAMES):
            yield _gone(module.path, line, name)
        if isinstance(node, ast.Name) and node.id in BUILTINS:
            yield _newer(module.path, line, node.id)
        if isinstance(node, ast.Attribute) and node.attr in METHODS and not _of_a_module(node):
            yield _newer(module.path, line, f".{node.attr}()")


def _names(node: ast.AST, whole: AbstractSet[str], parts: Mapping[str, AbstractSet[str]]) -> Iterator[str]:
    """What the node takes of these modules, and of other modules' parts."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in whole)
    elif isinstance(node, ast.ImportFrom):
        known = parts.get(node.module or "", set())
        foreign = (node.module or "").partition(".")[0] in whole
        yield from (alias.name for alias in node.names if alias.name in known or foreign)
    elif (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.attr in parts.get(node.value.id, set())
    ):
        yield f"{node.value.id}.{node.attr}"


def _arguments(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call):
        return
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    later = KEYWORDS.get(name, set())
    yield from (f"{name}({each.arg}=)" for each in node.keywords if each.arg in later)
    if name in {"isinstance", "issubclass"} and isinstance(node.args[1], ast.BinOp):
        yield f"{name}(…, A | B)"


def _of_a_module(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in sys.stdlib_module_names


def _newer(path: PurePosixPath, line: int, name: str, version: str = "3.9") -> Violation:
    return Violation(
        path=path, line=line, rule=f"Python {version} does not have it: {name}", remedy="use what it has"
    )


def _gone(path: PurePosixPath, line: int, name: str) -> Violation:
    return Violation(
        path=path, line=line, rule=f"Python 3.14 has it no more: {name}", remedy="use what both have"
    )
