"""A folder that is finished by its record, cut short at every point."""

from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder


def finished(folder: Path, name: str) -> Path:
    """A folder that looks like a finished environment with this one package."""
    (folder / "lib/python3.11/site-packages" / f"{name}.dist-info").mkdir(parents=True)
    kept_folder.write_record(folder, kept_folder.Record(digest=name, installed=(name,)))
    return folder


def test_a_run_killed_while_it_built_leaves_the_old_environment_to_come_back(tmp_path: Path) -> None:
    finished(tmp_path / ".default.previous", "tiny-1.0")
    (tmp_path / "default").mkdir()
    kept_folder.put_in_order(tmp_path / "default")
    assert kept_folder.installed_in(tmp_path / "default") == ("tiny-1.0",)
    assert [path.name for path in tmp_path.iterdir()] == ["default"]


def test_a_run_killed_after_it_built_leaves_the_new_environment(tmp_path: Path) -> None:
    finished(tmp_path / ".default.previous", "tiny-1.0")
    finished(tmp_path / "default", "tiny-2.0")
    kept_folder.put_in_order(tmp_path / "default")
    assert kept_folder.installed_in(tmp_path / "default") == ("tiny-2.0",)
    assert [path.name for path in tmp_path.iterdir()] == ["default"]


def test_a_run_killed_while_it_removed_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / ".discarded/lib").mkdir(parents=True)
    kept_folder.put_in_order(tmp_path / "default")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_replacement_fails_is_as_before(tmp_path: Path) -> None:
    folder = finished(tmp_path / "default", "tiny-1.0")
    with pytest.raises(FileNotFoundError), kept_folder.replaced(folder):
        (folder / "bin").mkdir()
    assert kept_folder.difference(folder, "tiny-1.0") == ""
    assert [path.name for path in tmp_path.iterdir()] == ["default"]


def test_packages_of_conda_count_as_those_of_pip_do(tmp_path: Path) -> None:
    folder = finished(tmp_path / "default", "tiny-1.0")
    (folder / "conda-meta").mkdir()
    (folder / "conda-meta/python-3.11.2-0.json").touch()
    assert kept_folder.difference(folder, "tiny-1.0") == "somebody changed python-3.11.2-0"


def test_a_record_from_before_there_were_notes_is_understood(tmp_path: Path) -> None:
    (tmp_path / "environment.json").write_text('{"digest": "a", "installed": ["b"]}')
    assert kept_folder.read_record(tmp_path) == kept_folder.Record(digest="a", installed=("b",), notes={})
