"""Each module imports alone in a fresh interpreter, and the light ones stay light."""

import json
import subprocess
import sys

import pytest

from tests.repo.code.layers import LIGHT
from tests.repo.code.modules import modules
from tests.repo.tree import ROOT

PROBE = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


EACH_ALONE = """
import contextlib, importlib, json, os, sys
foreign, names = json.loads(sys.argv[1])
for name in foreign:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
said = {}
for name in names:
    ear, mouth = os.pipe()
    if not os.fork():
        try:
            importlib.import_module(name)
        except BaseException as error:
            os.write(mouth, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(mouth)
    said[name] = os.fdopen(ear).read()
    os.wait()
print(json.dumps({name: error for name, error in said.items() if error}))
"""
"""Forks for each module an interpreter that knows foreign packages already, which take the time, and none of ours."""

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
    names = [module.name for module in modules("orchestrator", "gpuhost", "workloads", "tools")]
    said = json.loads(run_python(EACH_ALONE, json.dumps([FOREIGN, names])).stdout)
    failures = [
        f"import {name}: {error}\n  try: python -c 'import {name}', and mend the cycle or the missing dependency"
        for name, error in said.items()
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


def run_python(program: str, argument: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter, after it has ended."""
    return subprocess.run(
        (sys.executable, "-c", program, argument),
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
