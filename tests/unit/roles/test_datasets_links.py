"""Links in homes: laid as the home's owner, never over what is there."""

import getpass
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import keras_datasets as datasets
from ansible_collections.orchestrate.gpu.plugins.module_utils.content import sha256_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the user who runs the tests, moved; and a skeleton beside it."""
    own = pwd.getpwuid(os.geteuid())
    moved = pwd.struct_passwd((*own[:5], str(tmp_path / "home"), own[6]))
    monkeypatch.setattr(datasets, "account_of", lambda _user: moved)
    monkeypatch.setattr(datasets, "SKELETON", tmp_path / "skel")
    (tmp_path / "skel").mkdir()
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def wish(root: Path) -> Any:
    """A data set that is stored, for the user who runs the tests."""
    (root / "boots").mkdir(parents=True)
    (root / "boots/boots.npz").write_bytes(b"ten boots")
    file = datasets.DataFile(
        store=root / "boots/boots.npz",
        keras=Path(".keras/datasets/boots.npz"),
        sha256=sha256_of(root / "boots/boots.npz"),
        source="path",
        address="/home/me/boots.npz",
    )
    return datasets.Wish(root=root, files=(file,), users=(getpass.getuser(),))


def test_keras_finds_the_file_in_every_home_and_in_those_to_come(tmp_path: Path, home: Path) -> None:
    wanted = wish(tmp_path / "data")
    assert len(datasets.present(wanted, write=True)) == 2
    assert (home / ".keras/datasets/boots.npz").read_bytes() == b"ten boots"
    assert (tmp_path / "skel/.keras/datasets/boots.npz").read_bytes() == b"ten boots"
    assert datasets.present(wanted, write=True) == []


def test_a_file_that_somebody_put_there_stays(tmp_path: Path, home: Path) -> None:
    own = home / ".keras/datasets/boots.npz"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"my boots")
    wanted = wish(tmp_path / "data")
    datasets.present(wanted, write=True)
    assert own.read_bytes() == b"my boots"
    datasets.absent(wanted, write=True)
    assert own.read_bytes() == b"my boots"


def test_a_link_that_leads_nowhere_is_laid_anew(tmp_path: Path, home: Path) -> None:
    link = home / ".keras/datasets/boots.npz"
    link.parent.mkdir(parents=True)
    link.symlink_to("/opt/gone/boots.npz")
    wanted = wish(tmp_path / "data")
    assert f"linked {link}" in datasets.present(wanted, write=True)
    assert link.readlink() == tmp_path / "data/boots/boots.npz"


def test_a_check_lays_no_link(tmp_path: Path, home: Path) -> None:
    assert len(datasets.present(wish(tmp_path / "data"), write=False)) == 2
    assert list(home.iterdir()) == []


def test_taking_away_removes_links_and_the_folders_they_leave_empty(tmp_path: Path, home: Path) -> None:
    wanted = wish(tmp_path / "data")
    datasets.present(wanted, write=True)
    (home / ".keras/keras.json").write_text("{}")
    datasets.absent(wanted, write=True)
    assert [path.name for path in (home / ".keras").iterdir()] == ["keras.json"]
    assert list((tmp_path / "skel").iterdir()) == []
    assert not (tmp_path / "data").exists()


def test_the_roles_wish_is_understood(tmp_path: Path) -> None:
    given = {
        "root": "/opt/ml/datasets",
        "users": ["root"],
        "datasets": [
            {
                "name": "fashion_mnist",
                "keras_folder": "fashion-mnist",
                "source": "mirror",
                "base": "http://mirror",
                "files": [{"name": "boots.gz", "sha256": "00"}],
            }
        ],
    }
    (file,) = datasets.wish_of(given).files
    assert file.store == Path("/opt/ml/datasets/fashion_mnist/boots.gz")
    assert file.keras == Path(".keras/datasets/fashion-mnist/boots.gz")
    assert file.address == "http://mirror/boots.gz"


def test_a_user_that_the_host_does_not_have_is_named() -> None:
    given = {"root": "/opt/ml/datasets", "users": ["nobody-at-all"], "datasets": []}
    with pytest.raises(HostError) as seen:
        datasets.present(datasets.wish_of(given), write=False)
    assert str(seen.value) == (
        "nobody-at-all is no user of this host\n  try: set datasets_users to users it has"
    )
