"""Whether a scenario stands as it was when it last passed: a digest over every file that its play reads, kept below `.ci/passed`.

Found by reading: the role, this scenario of it, and whatever their files name, be it another role, a module of the collection
with what that imports, or a path. The programs of `orchestrate` which start and remove the hosts are left out; tests/e2e runs
them every time.
"""

import ast
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

TOP = Path(__file__).parents[2]
PASSED = TOP / ".ci" / "passed"
ALWAYS = (
    *(f".config/molecule/{name}.yml" for name in ("config", "create", "converge", "remove", "destroy")),
    "orchestrator/providers/sandbox/image",
)
"""What every scenario stands on, besides the programs that run it."""

PROGRAMS = ("ansible-core", "molecule")
"""By their distributions' names. That the ranges in pyproject.toml move says nothing: which versions ran does."""

UBUNTU = "ubuntu"
"""The scenario `default` on a host that says it is Ubuntu, unless the role has one of this name."""

STAND_IN = Path("orchestrator/rehearsal/containers/ubuntu.sh")
"""What makes a Debian host say that it is Ubuntu."""

_PLUGINS = Path("collections/ansible_collections/orchestrate/gpu/plugins")
_SHARED = "ansible_collections.orchestrate.gpu.plugins.module_utils"
_ROLE = re.compile(
    r"(?:\b(?:role|name): *|\brole_path \| dirname \}\}/)([a-z][a-z0-9_]*)\"? *$", re.MULTILINE
)
_MODULE = re.compile(r"\borchestrate\.gpu\.([a-z0-9_]+)\b")
_PATH = re.compile(r"(?<![\w/])(?:\.\./)+((?:[\w.]+/)*[\w.]+)")
_IGNORED = ("__pycache__", "README.md")
_GPUHOST = Path("gpuhost")
_START = _GPUHOST / "__main__.py"
_TABLES = ("COMMANDS", "LINKS")
"""The tables of the program's start: of these, a scenario stands on the rows of the subcommands that it runs."""
_SUBCOMMAND = re.compile(r"(?:_program \}\} |\bgpuhost |\borchestrate-)([a-z_]+)")
"""How units and playbooks name a subcommand of the program, or the link that is one."""


def changed(role: str, scenario: str) -> bool:
    """Whether it has not passed yet with what stands here."""
    kept = _record(role, scenario)
    return not kept.exists() or kept.read_text(encoding="utf-8").strip() != digest(role, scenario)


def keep(role: str, scenario: str) -> None:
    """Write down that it has passed with what stands here."""
    _record(role, scenario).parent.mkdir(parents=True, exist_ok=True)
    _record(role, scenario).write_text(f"{digest(role, scenario)}\n", encoding="utf-8")


def digest(role: str, scenario: str, top: Path = TOP, versions: Iterable[str] | None = None) -> str:
    """SHA-256, in hex, over names and contents of the files that the scenario stands on, and over the versions of its programs
    as `name==version`: without `versions`, those that are installed here and so run it.
    """
    whole = hashlib.sha256()
    found = files(role, scenario, top)
    run = {f"{_GPUHOST}.{path.parts[1]}" for path in found if path.parts[0] == _GPUHOST.name}
    for path in sorted(found):
        content = (top / path).read_bytes()
        if path == _START:
            content = _with_rows_of(content.decode(), run).encode()
        whole.update(f"{path} {hashlib.sha256(content).hexdigest()}\n".encode())
    for each in installed() if versions is None else versions:
        whole.update(f"{each}\n".encode())
    return whole.hexdigest()


def installed() -> list[str]:
    """Of the programs that run a scenario, what is installed here, as `name==version`."""
    return [f"{name}=={version(name)}" for name in PROGRAMS]


def files(role: str, scenario: str, top: Path = TOP) -> set[Path]:
    """What the scenario stands on, as paths below `top`: everything named by what is named already."""
    waiting = [Path("roles", role), folder(role, scenario, top).relative_to(top), *map(Path, ALWAYS)]
    if scenario == UBUNTU:
        waiting.append(STAND_IN)
    found: set[Path] = set()
    while waiting:
        for path in _within(waiting.pop(), top):
            if path not in found:
                found.add(path)
                waiting += _named_in(path, top)
    return found


def folder(role: str, scenario: str, top: Path = TOP) -> Path:
    """Where molecule finds the scenario."""
    own = top / "roles" / role / "molecule" / scenario
    return own.with_name("default") if scenario == UBUNTU and not own.is_dir() else own


def _with_rows_of(start: str, packages: Collection[str]) -> str:
    """The program's start, with those rows of its tables alone that lead to these packages of it."""
    lines = start.splitlines(keepends=True)
    tables = {
        node.targets[0].id: node
        for node in ast.parse(start).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    commands, links = (ast.literal_eval(tables[name].value) for name in _TABLES)
    run = {name: row for name, row in commands.items() if ".".join(row[0].split(".")[:2]) in packages}
    kept = {"COMMANDS": run, "LINKS": {name: command for name, command in links.items() if command in run}}
    for name in sorted(_TABLES, key=lambda each: -tables[each].lineno):
        lines[tables[name].lineno - 1 : tables[name].end_lineno] = [f"{name} = {kept[name]}\n"]
    return "".join(lines)


def _record(role: str, scenario: str) -> Path:
    return PASSED / f"{role}-{scenario}.sha256"


def _within(path: Path, top: Path) -> Iterator[Path]:
    """The file, or all files below the folder; of a role, none of its scenarios."""
    whole = top / path
    if whole.is_file():
        yield path
    role = len(path.parts) == 2 and path.parts[0] == "roles"
    for each in whole.rglob("*") if whole.is_dir() else ():
        below = each.relative_to(whole)
        if (
            each.is_file()
            and not set(_IGNORED) & set(below.parts)
            and not (role and below.parts[0] == "molecule")
        ):
            yield path / below


@cache
def _named_in(path: Path, top: Path) -> tuple[Path, ...]:
    try:
        text = (top / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ()
    if path.suffix == ".py":
        return (*_imported(text, top), *_subcommands_imported(text, top))
    if path.suffix not in {".yml", ".j2"}:
        return ()
    roles = (Path("roles", name) for name in _ROLE.findall(text) if (top / "roles" / name).is_dir())
    modules = (each for name in _MODULE.findall(text) for each in _module(name))
    run = (_package(name, top) for name in _SUBCOMMAND.findall(text))
    return (*roles, *modules, *(each for each in run if (top / each).is_dir()), *_paths(text, path, top))


def _package(subcommand: str, top: Path) -> Path:
    """Of the program's table; the subcommand's own name where that is no row of it."""
    start = (top / _START).read_text(encoding="utf-8") if (top / _START).is_file() else ""
    found = re.search(rf'^    "{subcommand}": \(\s*"gpuhost\.([a-z_]+)', start, re.MULTILINE)
    return _GPUHOST / (found[1] if found else subcommand)


def _module(name: str) -> Iterator[Path]:
    """With what runs on the controller for it. `gpuhost` installs the package of its name: of that, what every subcommand stands on;
    a subcommand counts where it is run."""
    yield _PLUGINS / "modules" / f"{name}.py"
    yield _PLUGINS / "action" / f"{name}.py"
    yield _PLUGINS / "filter" / f"{name}.py"
    if name == "distribution":
        yield _PLUGINS / "plugin_utils/distributions.csv"
    if name == "gpuhost":
        yield from sorted(each.relative_to(TOP) for each in (TOP / _GPUHOST).glob("*.py"))
        yield _PLUGINS / "plugin_utils"


def _imported(text: str, top: Path) -> Iterator[Path]:
    """Of the collection's shared code, with the packages that it is in."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_SHARED):
            for name in node.names:
                parts = f"{node.module}.{name.name}".removeprefix(_SHARED).strip(".").split(".")
                for end in range(1, len(parts) + 1):
                    place = _PLUGINS.joinpath("module_utils", *parts[:end])
                    yield from (
                        each
                        for each in (place / "__init__.py", place.with_suffix(".py"))
                        if (top / each).is_file()
                    )


def _subcommands_imported(text: str, top: Path) -> Iterator[Path]:
    """Packages of the host's program that this file of it, or of a test of it, imports from."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == _GPUHOST.name:
            names = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
            for name in names:
                place = Path(*str(name).split(".")[:2])
                if place != _GPUHOST and (top / place).is_dir():
                    yield place


def _paths(text: str, path: Path, top: Path) -> Iterator[Path]:
    """Ansible looks beside the file, in `tasks` and `files` beside it and above it: the first that is there. Of this project's
    tests, the folder of what is named, because its files need each other."""
    for match in _PATH.finditer(text):
        for base in (path.parent, path.parent / "files", path.parent.parent):
            target = (top / base / match[0]).resolve()
            if target.exists() and target.is_relative_to(top.resolve()):
                named = target.relative_to(top.resolve())
                yield Path(*named.parts[:3]) if named.parts[:2] == ("tests", "molecule") else named
                break
