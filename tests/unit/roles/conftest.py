"""What holds for all tests of what roles send to their hosts."""

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import retrying

from tests.unit.roles.scripts import script


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is repeated is repeated as often as on a host, without the seconds in between."""
    for module in (retrying, script("retrying")):
        monkeypatch.setattr(module, "PAUSES_S", (0.0, 0.0, 0.0))
