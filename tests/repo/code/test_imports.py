"""Each module imports alone in a fresh interpreter, and the light ones stay light."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.repo.code.layers import LIGHT
from tests.repo.code.modules import modules
from tests.repo.tree import ROOT

PROBE = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_each_module_imports_alone() -> None:
    names = [module.name for module in modules("orchestrator", "gpuhost", "workloads", "tools")]
    with ThreadPoolExecutor(max_workers=2) as pool:
        failures = [line for line in pool.map(failure, names) if line]
    assert not failures, "\n" + "\n".join(failures)


@pytest.mark.parametrize("name", LIGHT)
def test_a_light_module_pulls_in_nothing_heavy(name: str) -> None:
    done = imported_alone(name)
    assert done.returncode == 0, done.stderr
    heavy = sorted(set(LIGHT[name]) & set(json.loads(done.stdout)))
    assert not heavy, (
        f"import {name} pulls in {', '.join(heavy)}\n  try: import them inside the function that needs them"
    )


def failure(name: str) -> str:
    """Why the module cannot be imported alone; empty when it can."""
    done = imported_alone(name)
    if done.returncode == 0:
        return ""
    last_line = done.stderr.strip().rpartition("\n")[2]
    return f"import {name}: {last_line}\n  try: python -c 'import {name}', and mend the cycle or the missing dependency"


def imported_alone(name: str) -> subprocess.CompletedProcess[str]:
    """The finished interpreter; its output is the list of top-level packages that are loaded after the import."""
    return subprocess.run(
        (sys.executable, "-c", PROBE, name),
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
