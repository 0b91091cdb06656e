"""Whether a scenario stands as it was when it last passed: a digest over every file that its play reads, kept below `.ci/passed`.

Found by reading: the role, this scenario of it, and whatever their files name, be it another role, a module of the collection
with what that imports, or a path. The programs of `orchestrate` which start and remove the hosts are left out; tests/e2e runs
them every time.
"""

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TOP = Path(__file__).parents[2]
PASSED = TOP / ".ci" / "passed"
ALWAYS = (
    *(f".config/molecule/{name}.yml" for name in ("config", "create", "converge", "remove", "destroy")),
    "orchestrator/providers/sandbox/image",
)
"""What every scenario stands on. The versions of the programs that run it are read from pyproject.toml."""

_PLUGINS = Path("collections/ansible_collections/orchestrate/gpu/plugins")
_SHARED = "ansible_collections.orchestrate.gpu.plugins.module_utils"
_PINS = re.compile(r'^\s*"(?:ansible-core|molecule)\b.*$', re.MULTILINE)
_ROLE = re.compile(
    r"(?:\b(?:role|name): *|\brole_path \| dirname \}\}/)([a-z][a-z0-9_]*)\"? *$", re.MULTILINE
)
_MODULE = re.compile(r"\borchestrate\.gpu\.([a-z0-9_]+)\b")
_PATH = re.compile(r"(?<![\w/])(?:\.\./)+((?:[\w.]+/)*[\w.]+)")
_IGNORED = ("__pycache__", "README.md")
_FROM_MEMORY = (Path("gpuhost/first_contact"), Path("gpuhost/state"))
"""Subcommands that `orchestrate` alone runs; no scenario does."""


def changed(role: str, scenario: str) -> bool:
    """Whether it has not passed yet with what stands here."""
    kept = _record(role, scenario)
    return not kept.exists() or kept.read_text(encoding="utf-8").strip() != digest(role, scenario)


def keep(role: str, scenario: str) -> None:
    """Write down that it has passed with what stands here."""
    _record(role, scenario).parent.mkdir(parents=True, exist_ok=True)
    _record(role, scenario).write_text(f"{digest(role, scenario)}\n", encoding="utf-8")


def digest(role: str, scenario: str, top: Path = TOP) -> str:
    """SHA-256 over names and contents of the files that the scenario stands on, and over the pinned versions of its programs."""
    whole = hashlib.sha256()
    for path in sorted(files(role, scenario, top)):
        content = (top / path).read_bytes()
        whole.update(f"{path} {hashlib.sha256(content).hexdigest()}\n".encode())
    for pin in _PINS.findall((top / "pyproject.toml").read_text(encoding="utf-8")):
        whole.update(pin.strip().encode())
    return whole.hexdigest()


def files(role: str, scenario: str, top: Path = TOP) -> set[Path]:
    """What the scenario stands on, as paths below `top`: everything named by what is named already."""
    waiting = [Path("roles", role), Path("roles", role, "molecule", scenario), *map(Path, ALWAYS)]
    found: set[Path] = set()
    while waiting:
        for path in _within(waiting.pop(), top):
            if path not in found:
                found.add(path)
                waiting += _named_in(path, top)
    return found


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
            and not any((path / below).is_relative_to(each) for each in _FROM_MEMORY)
        ):
            yield path / below


@cache
def _named_in(path: Path, top: Path) -> tuple[Path, ...]:
    try:
        text = (top / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ()
    if path.suffix == ".py":
        return tuple(_imported(text, top))
    if path.suffix not in {".yml", ".j2"}:
        return ()
    roles = (Path("roles", name) for name in _ROLE.findall(text) if (top / "roles" / name).is_dir())
    modules = (each for name in _MODULE.findall(text) for each in _module(name))
    return (*roles, *modules, *_paths(text, path, top))


def _module(name: str) -> Iterator[Path]:
    """With what runs on the controller for it; `gpuhost` installs the package of its name."""
    yield _PLUGINS / "modules" / f"{name}.py"
    yield _PLUGINS / "action" / f"{name}.py"
    if name == "gpuhost":
        yield from (Path(name), _PLUGINS / "plugin_utils")


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
