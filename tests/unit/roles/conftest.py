"""What holds for all tests of what roles send to their hosts."""

import importlib
import pkgutil
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import retrying
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import apt, record

# Before any test runs: one that reads inventories lets Ansible's finder of collections take the place of Python's own, which does
# not find what is new in a package that Python's has begun.
MODULES = importlib.import_module("ansible_collections.orchestrate.gpu.plugins.modules")
for found in pkgutil.iter_modules(MODULES.__path__, f"{MODULES.__name__}."):
    importlib.import_module(found.name)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is repeated is repeated as often as on a host, without the seconds in between."""
    monkeypatch.setattr(retrying, "PAUSES_S", (0.0, 0.0, 0.0))


@pytest.fixture(autouse=True)
def _own_package_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of dpkg and apt, and the record of packages, are not this computer's."""
    for name in ("RECORD", "DPKG_STATUS", "EXTENDED_STATES"):
        monkeypatch.setattr(record, name, tmp_path / name.lower())
    for name in ("SOURCES", "LISTS"):
        monkeypatch.setattr(apt, name, tmp_path / name.lower())
