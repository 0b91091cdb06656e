"""The scripts that roles send to their hosts, as modules. They are no package: a role is copied as it is."""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

ROLES = Path(__file__).resolve().parents[3] / "roles"


@cache
def script(role: str) -> ModuleType:
    """`roles/<role>/files/<role>.py`, imported."""
    name = f"role_script_{role}"
    spec = importlib.util.spec_from_file_location(name, ROLES / role / "files" / f"{role}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
