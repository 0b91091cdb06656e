"""Where the inventory of `onprem:` lies."""

from pathlib import Path

import pytest

from orchestrator.config import load_fleet


@pytest.mark.parametrize(("said", "meant"), [("~/lab", "{home}/lab"), ("lab/hosts.ini", "lab/hosts.ini")])
def test_an_inventory_may_be_named_from_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, meant: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "fleet.yml"
    file.write_text(f"onprem: {{inventory: {said}}}\n")
    spec = load_fleet(file, environ={}, flags={})
    assert spec.onprem.inventory == Path(meant.format(home=tmp_path))
