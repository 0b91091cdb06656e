"""What Python code here may not say, each rule a function from a parsed module to its violations. Reads no file.

Only what no linter of ours knows is here: ruff and mypy have the rest.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.repo.code.layers import ENGINE_ADAPTER, HOSTS_ENGINE_ADAPTERS
from tests.repo.code.modules import Module
from tests.repo.tree import Violation

SLEEPERS = ("orchestrator.waiting", "gpuhost.certificate.retrying")
"""The second runs on hosts, without the first: it is a link to the collection's."""
VAGUE_NAMES = re.compile(r"^(utils?|helpers?|common|misc|.*managers?)$")
ENGINE_VERBS = (
    "build",
    "create",
    "exec",
    "image",
    "info",
    "inspect",
    "kill",
    "network",
    "ps",
    "rm",
    "run",
    "start",
    "version",
)
SUPPRESSION = re.compile(r"#\s*noqa\b|type:\s*ignore")
"""What begins one, in a comment or elsewhere: without it, a file has none."""
LINE_LIMIT = 250
FILES_PER_FOLDER = 7
SENTENCE_WORDS = 3
EVENT_HANDLERS = frozenset({("orchestrator.providers.aws.clients", "_sanitize")})
"""Functions that botocore calls: it refuses to register one that does not take any keyword."""


def sleeps(module: Module) -> Iterator[Violation]:
    """`time.sleep` outside the one module that waits."""
    for call in _calls(module, "time.sleep", "sleep", "asyncio.sleep"):
        if module.name not in SLEEPERS:
            yield _at(
                module,
                call,
                "sleeps outside waiting.py",
                "wait_for(what, probe, timeout_s=…) of orchestrator.waiting",
            )


def shells(module: Module) -> Iterator[Violation]:
    """A command line handed to a shell."""
    remedy = "pass argv as a tuple to subprocess.run, or to a shell of remote for another host"
    for call in _calls(module, "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"):
        yield _at(module, call, "starts a shell", remedy)
    for node in module.of(ast.keyword):
        if isinstance(node, ast.keyword) and node.arg == "shell" and not _is_constant(node.value, False):
            yield _at(module, node.value, "passes shell=", remedy)


def engine_calls(module: Module) -> Iterator[Violation]:
    """An argv of the container engine outside its adapter."""
    if module.name in {ENGINE_ADAPTER, *HOSTS_ENGINE_ADAPTERS}:
        return
    for node in module.of(ast.Tuple, ast.List):
        words = node.elts if isinstance(node, ast.Tuple | ast.List) else []
        if words[1:] and _is_constant(words[0], "docker", "podman") and _is_constant(words[1], *ENGINE_VERBS):
            yield _at(module, node, "runs the container engine outside its adapter", f"call {ENGINE_ADAPTER}")


def exits(module: Module) -> Iterator[Violation]:
    """`sys.exit` and its kin, each one; the CLI may have one of them."""
    for call in _calls(module, "sys.exit", "exit", "quit", "os._exit"):
        yield _at(
            module, call, "ends the process", "raise an OrchestrateError, or return an exit code to cli"
        )
    for node in module.of(ast.Raise):
        if isinstance(node, ast.Raise) and node.exc is not None and "SystemExit" in ast.unparse(node.exc):
            yield _at(
                module, node, "ends the process", "raise an OrchestrateError, or return an exit code to cli"
            )


def keyword_catchers(module: Module) -> Iterator[Violation]:
    """`**kwargs` in a signature."""
    for node in module.of(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            and node.args.kwarg is not None
            and (module.name, getattr(node, "name", "")) not in EVENT_HANDLERS
        ):
            yield _at(
                module,
                node,
                f"**{node.args.kwarg.arg} in a signature",
                "name the parameters, or pass one value",
            )


def mutable_values(module: Module) -> Iterator[Violation]:
    """A public dataclass that is not frozen and slotted. A private one may collect. Python 3.9, which hosts may have, has no slots."""
    wanted = {"frozen=True"} if module.path.parts[0] == "gpuhost" else {"frozen=True", "slots=True"}
    for node in module.of(ast.ClassDef):
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
            continue
        for decorator in node.decorator_list:
            text = ast.unparse(decorator)
            if text.partition("(")[0] in {"dataclass", "dataclasses.dataclass"} and not all(
                word in text for word in wanted
            ):
                remedy = "@dataclass(frozen=True, slots=True, kw_only=True)"
                yield _at(module, node, f"{node.name} is a dataclass that can change", remedy)


def skips(module: Module) -> Iterator[Violation]:
    """A test that may not run, or may fail unseen."""
    for node in module.of(ast.Attribute):
        if isinstance(node, ast.Attribute) and node.attr in {
            "skip",
            "skipif",
            "skipUnless",
            "xfail",
            "importorskip",
        }:
            owner = ast.unparse(node.value)
            if owner.startswith(("pytest", "unittest", "mark")):
                yield _at(
                    module, node, f"{owner}.{node.attr}", "mend the test or delete it; needs go into markers"
                )


def mocks(module: Module) -> Iterator[Violation]:
    """`unittest.mock`."""
    for node in module.of(ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import | ast.ImportFrom) and "unittest.mock" in ast.unparse(node).replace(
            "unittest import mock", "unittest.mock"
        ):
            yield _at(module, node, "uses a mock", "pass a value, or a small class that keeps the Protocol")


def curt_test_names(module: Module) -> Iterator[Violation]:
    """A test whose name is not a sentence."""
    for node in module.of(ast.FunctionDef):
        name = node.name if isinstance(node, ast.FunctionDef) else ""
        if name.startswith("test_") and len(name.removeprefix("test_").split("_")) < SENTENCE_WORDS:
            yield _at(module, node, f"{name} is not a sentence", "say who does what, and when")


def vague_name(path: PurePosixPath) -> Iterator[Violation]:
    """A file named after nothing it does."""
    for part in path.with_suffix("").parts:
        if VAGUE_NAMES.match(part):
            yield Violation(
                path=path,
                line=0,
                rule=f"{part} says nothing about what is in it",
                remedy="name it by its one subject",
            )


def bare_suppressions(path: PurePosixPath, comments: Iterator[tuple[int, str]]) -> Iterator[Violation]:
    """A suppression that does not say which rule, or why."""
    for line, comment in comments:
        if re.search(r"#\s*noqa\b", comment) and not re.search(
            r"noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*\W+\w+\W+\w+", comment
        ):
            yield Violation(
                path=path,
                line=line,
                rule="noqa without a code and a reason",
                remedy="first mend it; else `# noqa: CODE  the reason in a few words`",
            )
        if re.search(r"type:\s*ignore(?!\[[\w, -]+\])", comment):
            yield Violation(
                path=path,
                line=line,
                rule="type: ignore without a code",
                remedy="first mend it; else `# type: ignore[code]`",
            )


def _calls(module: Module, *names: str) -> Iterator[ast.Call]:
    for node in module.of(ast.Call):
        if isinstance(node, ast.Call) and _dotted(node.func) in names:
            yield node


def _dotted(node: ast.expr) -> str:
    """A name as it is written, with its dots; empty where a part of it is computed."""
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return node.id if isinstance(node, ast.Name) else ""


def _is_constant(node: ast.expr, *values: object) -> bool:
    return isinstance(node, ast.Constant) and node.value in values


def _at(module: Module, node: ast.AST, rule: str, remedy: str) -> Violation:
    return Violation(path=module.path, line=getattr(node, "lineno", 0), rule=rule, remedy=remedy)
