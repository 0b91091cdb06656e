"""A laboratory for each test, and no password of another one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.ansible_hosts.lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "ANSIBLE_BECOME_PASSWORD_FILE",
        "ANSIBLE_VAULT_IDENTITY_LIST",
        "ANSIBLE_VAULT_PASSWORD_FILE",
    ):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
