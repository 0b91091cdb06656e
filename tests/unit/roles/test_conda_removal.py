"""Taking conda away takes what the role made, and nothing else."""

from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.miniforge import installation

from tests.unit.roles.installers import environment, present, wish


@pytest.fixture(autouse=True)
def enough_space(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests run on small disks too."""
    monkeypatch.setattr(installation, "DISK_MIB", 1)


def test_taking_it_away_leaves_environments_of_others_and_it_can_come_back_to_them(tmp_path: Path) -> None:
    wanted = wish(tmp_path)
    present(wanted)
    environment(wanted.prefix, "ours", ours=True)
    (wanted.prefix / "envs/.conda_envs_dir_test").touch()
    theirs = environment(wanted.prefix, "theirs", ours=False)
    foreseen = installation.remove(wanted, write=False)
    assert installation.remove(wanted, write=True) == foreseen
    assert installation.remove(wanted, write=True) == []
    assert [path.name for path in wanted.prefix.glob("*/*")] == ["theirs"]
    assert not wanted.shell_file.exists()
    assert not wanted.program_link.is_symlink()

    assert present(wanted)[0].endswith("there was none")
    assert theirs.exists()


def test_taking_it_away_leaves_nothing_where_nobody_else_made_anything(tmp_path: Path) -> None:
    wanted = wish(tmp_path)
    present(wanted)
    environment(wanted.prefix, "ours", ours=True)
    (wanted.prefix / "envs/.conda_envs_dir_test").touch()
    installation.remove(wanted, write=True)
    assert list(tmp_path.glob("opt/*")) == []


def test_a_conda_of_somebody_else_is_not_taken_away(tmp_path: Path) -> None:
    wanted = wish(tmp_path)
    (wanted.prefix / "bin").mkdir(parents=True)
    wanted.program_link.touch()
    assert installation.remove(wanted, write=True) == []
    assert wanted.program_link.exists()
