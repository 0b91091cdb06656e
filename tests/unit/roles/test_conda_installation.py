"""Miniforge is installed, replaced, repaired, refused; the installer here is a few lines of shell."""

from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder
from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError
from ansible_collections.orchestrate.gpu.plugins.module_utils.miniforge import installation
from ansible_collections.orchestrate.gpu.plugins.module_utils.miniforge import state as conda
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

from tests.unit.roles.installers import environment, present, wish


@pytest.fixture(autouse=True)
def enough_space(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests run on small disks too."""
    monkeypatch.setattr(installation, "DISK_MIB", 1)


def test_it_is_installed_once_and_left_alone_afterwards(tmp_path: Path) -> None:
    wanted = wish(tmp_path)
    assert present(wanted)[0] == f"installed {wanted.prefix}: there was none"
    assert (wanted.prefix / "bin/conda").read_text() == "1\n"
    assert (wanted.prefix / ".condarc").read_text().startswith("channels: [forge]\n")
    assert wanted.program_link.readlink() == wanted.prefix / "condabin/conda"
    assert present(wanted) == []
    assert [path.name for path in wanted.prefix.parent.iterdir()] == ["conda"]


def test_asking_what_would_be_done_changes_nothing(tmp_path: Path) -> None:
    wanted = wish(tmp_path)
    foreseen = conda.present(conda.Wish(installation=wanted, environments=()), write=False)
    assert not wanted.prefix.exists()
    assert foreseen == present(wanted)


def test_another_release_keeps_the_environments_of_everybody(tmp_path: Path) -> None:
    present(wish(tmp_path))
    environment(tmp_path / "opt/conda", "ours", ours=True)
    environment(tmp_path / "opt/conda", "theirs", ours=False)
    assert present(wish(tmp_path, "2")) == [
        f"installed {tmp_path / 'opt/conda'}: another release is wanted",
        f"wrote {tmp_path / 'opt/conda/.condarc'}",
    ]
    assert (tmp_path / "opt/conda/bin/conda").read_text() == "2\n"
    assert sorted(path.parent.name for path in tmp_path.glob("opt/conda/envs/*/data")) == ["ours", "theirs"]
    assert [path.name for path in tmp_path.glob("opt/*")] == ["conda"]


def test_a_release_whose_installer_fails_leaves_the_one_from_before(tmp_path: Path) -> None:
    present(wish(tmp_path))
    theirs = environment(tmp_path / "opt/conda", "theirs", ours=False)
    with pytest.raises(BuildError, match=r"^the installer failed: no such luck\n  try: see conda_installer"):
        present(wish(tmp_path, "2", "echo no such luck; exit 1"))
    assert (tmp_path / "opt/conda/bin/conda").read_text() == "1\n"
    assert theirs.exists()
    assert present(wish(tmp_path)) == []


def test_a_disk_that_runs_full_under_the_installer_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"^the disk of .*/opt/conda ran full\n  try: make space"):
        present(wish(tmp_path, "1", "echo 'tar: write: No space left on device' >&2; exit 2"))
    assert list(tmp_path.glob("opt/*")) == []


def test_a_disk_that_is_too_small_is_refused_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "DISK_MIB", 2**40)
    wanted = replace(wish(tmp_path), address="http://127.0.0.1:9/")
    with pytest.raises(HostError, match=r"needs 1099511627776 MiB and its disk has \d+ MiB free\n  try: "):
        present(wanted)


def test_an_installer_with_another_checksum_never_runs(tmp_path: Path) -> None:
    wanted = replace(wish(tmp_path, last=f"touch {tmp_path}/ran"), sha256="0" * 64)
    with pytest.raises(
        BuildError,
        match=r"is not the installer that was meant: it has sha256 [0-9a-f]{64}, not 0+\n",
    ):
        present(wanted)
    assert not (tmp_path / "ran").exists()
    assert list(tmp_path.glob("opt/*")) == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "http://127.0.0.1:9/installer.sh",
            r"^http://127.0.0.1:9/installer.sh: .*refused.*\n  try: set conda_installer_url",
        ),
        (
            "file:///nowhere/installer.sh",
            r"^file:///nowhere/installer.sh: .*No such file.*\n  try: set conda_installer_url",
        ),
    ],
)
def test_an_installer_that_cannot_be_had_is_named(tmp_path: Path, address: str, said: str) -> None:
    with pytest.raises(BuildError, match=said):
        present(replace(wish(tmp_path), address=address))


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    wanted = wish(tmp_path)
    (wanted.prefix / "bin").mkdir(parents=True)
    with pytest.raises(BuildError, match=r"was not made by this role\n  try: set conda_prefix"):
        present(wanted)


def test_half_an_installation_is_replaced(tmp_path: Path) -> None:
    wanted = wish(tmp_path)
    (wanted.prefix / "bin").mkdir(parents=True)
    kept_folder.write_record(wanted.prefix, kept_folder.Record(digest=wanted.sha256, installed=()))
    assert present(wanted)[0].endswith("it was not finished")


def test_a_program_that_somebody_removed_comes_back(tmp_path: Path) -> None:
    wanted = wish(tmp_path)
    present(wanted)
    (wanted.prefix / "bin/python").unlink()
    assert present(wanted)[0].endswith("somebody removed bin/python")
    assert present(wanted) == []


def test_a_run_killed_before_the_environments_were_moved_moves_them_now(tmp_path: Path) -> None:
    wanted = wish(tmp_path)
    present(wanted)
    environment(kept_folder.previous(wanted.prefix), "theirs", ours=False)
    assert present(wanted) == []
    assert (wanted.prefix / "envs/theirs/data").exists()
    assert not kept_folder.previous(wanted.prefix).exists()


def test_a_program_of_somebody_else_on_the_path_is_refused(tmp_path: Path) -> None:
    wanted = wish(tmp_path)
    wanted.program_link.touch()
    with pytest.raises(BuildError, match=r"was not made by this role\n  try: move it away"):
        present(wanted)


@pytest.mark.parametrize(
    ("words", "owner_is_alone"),
    [
        (("{prefix}/bin/python", "{prefix}/bin/conda", "install", "numpy"), False),
        (("{prefix}/bin/python", "{link}", "-v", "create"), False),
        (("{prefix}/bin/mamba", "update"), False),
        (("{prefix}/bin/python", "{prefix}/bin/conda", "run", "python", "train.py"), True),
        (("/home/me/conda/bin/python", "/home/me/conda/bin/conda", "install"), True),
        (("vim", "install", "{prefix}/README"), True),
    ],
)
def test_another_conda_at_work_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], owner_is_alone: bool
) -> None:
    wanted = wish(tmp_path)
    line = tuple(word.format(prefix=wanted.prefix, link=wanted.program_link) for word in words)
    monkeypatch.setattr(conda, "processes_of_root", lambda _: iter([(7, line)]))
    if owner_is_alone:
        conda.assert_alone(wanted)
        return
    with pytest.raises(
        BuildError, match=r"^another conda is at work on this host: process 7, .*\n  try: wait"
    ):
        conda.assert_alone(wanted)
