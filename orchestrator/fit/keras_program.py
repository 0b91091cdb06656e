"""Has the Keras of another environment build a model that a function makes. Imports no Keras itself; trains nothing."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from orchestrator.computer.content import packages_dir
from orchestrator.errors import UsageError
from orchestrator.sanitize import sanitized_line

FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
"""`module:function`."""
TIMEOUT_S = 300
LAST_CHARACTERS = 300


class ModelFunctionError(UsageError):
    """The function did not make a model."""


def config_of_function(named: str, python: str) -> Mapping[str, object]:
    """The configuration of the model that `module:function` returns.

    Args:
        named: the function, of a module in the working folder or in that environment.
        python: of an environment with Keras.

    Raises:
        ModelFunctionError: no such Python, or it did not print a model.
    """
    variables = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(packages_dir()), os.environ.get("PYTHONPATH", ""))))
    }
    try:
        done = subprocess.run(
            (python, "-m", "workloads.keras_model.configuration", named),
            env=variables,
            capture_output=True,
            check=False,
            timeout=TIMEOUT_S,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired as error:
        raise ModelFunctionError(
            f"{named} made no model within {TIMEOUT_S} s",
            f"a function that only builds: `{python} -c 'import keras'` shows how long Keras takes",
        ) from error
    except OSError as error:
        raise ModelFunctionError(
            f"--python {python}: {error.strerror or error}",
            "the path of the Python of an environment with Keras",
        ) from error
    last = next((line for line in reversed(done.stdout.splitlines()) if line.strip()), "")
    try:
        config = json.loads(last) if not done.returncode else None
    except ValueError:
        config = None
    if not isinstance(config, dict):
        said = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), last or "nothing")
        raise ModelFunctionError(
            f"{named}: {sanitized_line(said)[:LAST_CHARACTERS]}",
            f"a function without arguments that returns a Keras model; --python of an environment with Keras, not {python}",
        )
    return config


def default_python() -> str:
    """That of the environment that is active; else `python3`."""
    active = os.environ.get("VIRTUAL_ENV", "")
    return str(Path(active) / "bin/python") if active else "python3"
