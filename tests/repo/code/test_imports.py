"""Each module imports alone in a fresh interpreter, and the light ones stay light."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable

import pytest

from tests.repo.code.layers import LAYERS, LIGHT, OF_JUPYTER, PACKAGES, WITHOUT_LAYER, package_of
from tests.repo.code.modules import modules
from tests.repo.tree import ROOT


class Tree(dict[str, "Tree"]):
    """Names of modules, each with those of the modules in it."""


PROBE = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


EACH_ALONE = """
import contextlib, gc, importlib, json, sys

def tried(tree):
    for name, inside in tree.items():
        before = ours()
        try:
            importlib.import_module(name)
        except BaseException as error:
            print(json.dumps([name, f"{type(error).__name__}: {error}"]), flush=True)
        else:
            print(json.dumps([name, ""]), flush=True)
            tried(inside)
        for each in ours() - before:
            del sys.modules[each]
            package, _, short = each.rpartition(".")
            vars(sys.modules.get(package, sys)).pop(short, None)

def ours():
    return {name for name in sys.modules if name.partition(".")[0] in packages}

def imported(tree):
    for name, inside in tree.items():
        with contextlib.suppress(Exception):
            importlib.import_module(name)
        imported(inside)

foreign, packages, layers = json.loads(sys.argv[1])
for name in foreign:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
gc.disable()
for tree in layers:
    tried(tree)
    imported(tree)
"""
"""An interpreter that knows foreign packages already, which take the time, and of ours those of lower layers: they import
nothing of a higher one, so that no cycle leads through them. What a module brought with it is forgotten before the next one. A
package's modules are tried where the package has been imported, as Python does before each of them."""

OURS = ("orchestrator", "gpuhost", "workloads", "tools")
FOREIGN = (
    "ansible_runner",
    "boto3",
    "click",
    "fabric",
    "jinja2",
    "matplotlib.figure",
    "moto.ec2.models",
    "moto.moto_server.werkzeug_app",
    "pydantic",
    "rich.progress",
    "yaml",
)


def test_each_module_imports_alone() -> None:
    layers = defaultdict(list)
    for module in modules(*OURS):
        if module.name not in OF_JUPYTER:
            layers[layer_of(module.name)].append(module.name)
    trees = [nested(names) for _, names in sorted(layers.items())]
    done = run_python(EACH_ALONE, json.dumps([FOREIGN, OURS, trees]))
    said = dict(map(json.loads, done.stdout.splitlines()))
    failures = [
        f"import {name}: {error}\n  try: python -c 'import {name}', and mend the cycle or the missing dependency"
        for names in layers.values()
        for name in names
        if (error := said.get(name, f"not tried, or its interpreter died: {done.stderr}"))
    ]
    assert not failures, "\n" + "\n".join(failures)


@pytest.mark.parametrize("name", LIGHT)
def test_a_light_module_pulls_in_nothing_heavy(name: str) -> None:
    done = run_python(PROBE, name)
    assert done.returncode == 0, done.stderr
    heavy = sorted(set(LIGHT[name]) & set(json.loads(done.stdout)))
    assert not heavy, (
        f"import {name} pulls in {', '.join(heavy)}\n  try: import them inside the function that needs them"
    )


def layer_of(name: str) -> int:
    """Where the module stands: packages that import nothing below the lowest layer, tools of this checkout on top."""
    if name in WITHOUT_LAYER:
        return -1
    package = package_of(name)
    return len(LAYERS) if package is None else PACKAGES[package]


def nested(names: Iterable[str]) -> Tree:
    """Each package with what is in it."""
    found: dict[str, Tree] = {"": Tree()}
    for name in sorted(names):  # a package comes before what is in it
        found[name] = Tree()
        package = max((each for each in found if each and name.startswith(f"{each}.")), key=len, default="")
        found[package][name] = found[name]
    return found[""]


def run_python(program: str, argument: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter, after it has ended."""
    return subprocess.run(
        (sys.executable, "-c", program, argument),
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
