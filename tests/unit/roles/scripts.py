"""The scripts that roles send to their hosts, as modules. They are no package: they go as one program.

What roles import from each other has names of its own, so all can be found at once.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType

ROLES = Path(__file__).resolve().parents[3] / "roles"


def script(name: str) -> ModuleType:
    """The module of that name in a role's `files`, imported."""
    for folder in map(str, sorted(ROLES.glob("*/files"))):
        if folder not in sys.path:
            sys.path.append(folder)
    return importlib.import_module(name)
