"""What holds for all tests of what roles send to their hosts."""

from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import retrying
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import apt, record


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
