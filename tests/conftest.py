"""Which tests may run side by side: `make test` spreads them over two processes."""

from pathlib import Path

import pytest

MOLECULE = Path(__file__).parent / "molecule"


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in its own call of this hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file share fleets and stay together; every molecule scenario has a fleet of its own."""
    for item in items:
        if not item.path.is_relative_to(MOLECULE):
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
