"""`vars:` is checked against what the roles declare."""

from pathlib import Path

import pytest

from orchestrator.config import load
from orchestrator.config.load import load_fleet
from orchestrator.errors import ConfigError


@pytest.fixture
def roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meta = tmp_path / "roles" / "demo" / "meta"
    meta.mkdir(parents=True)
    (meta / "argument_specs.yml").write_text(
        "argument_specs:\n  main:\n    options:\n      demo_port: {type: int}\n", encoding="utf-8"
    )
    monkeypatch.setattr(load, "content_dir", lambda: tmp_path)


@pytest.mark.usefixtures("roles")
def test_a_declared_variable_passes_from_file_and_environment(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yml"
    file.write_text("vars: {demo_port: 1}\n", encoding="utf-8")
    assert load_fleet(file, environ={}, flags={}).vars == {"demo_port": 1}
    assert load_fleet(file, environ={"ORCHESTRATE_VARS__DEMO_PORT": "2"}, flags={}).vars == {"demo_port": 2}


@pytest.mark.usefixtures("roles")
def test_an_undeclared_variable_is_refused_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yml"
    file.write_text("vars:\n  demo_prot: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_fleet(file, environ={}, flags={})
    assert caught.value.cause == f"{file}:2: vars.demo_prot: no role has this variable"
    assert caught.value.hint == "did you mean `demo_port`?"
