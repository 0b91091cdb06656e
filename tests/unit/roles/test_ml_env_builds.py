"""Building, failing, and taking away. One environment here is real, from a wheel made on the spot."""

import base64
import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder
from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env import builders
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env import state as ml_env
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError


def wheel(folder: Path, version: str) -> None:
    """A wheel of the package `tiny`, which has nothing but a version."""
    about = f"tiny-{version}.dist-info"
    contents = {
        "tiny.py": f"VERSION = {version!r}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {name: hashlib.sha256(text.encode()).digest() for name, text in contents.items()}
    lines = [
        f"{name},sha256={base64.urlsafe_b64encode(one).decode().rstrip('=')},"
        for name, one in digests.items()
    ]
    contents[f"{about}/RECORD"] = "\n".join([*lines, f"{about}/RECORD,,"]) + "\n"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"tiny-{version}-py3-none-any.whl", "w") as archive:
        for name, text in contents.items():
            archive.writestr(name, text)


def wish(folder: Path, wheels: Path, version: str) -> Any:
    """A wish for that package, from these wheels alone."""
    return ml_env.Wish(
        folder=folder,
        builder=builders.Builder(conda=None, python=builders.SYSTEM_PYTHON),
        requirements=("tiny",),
        constraints=f"tiny=={version}\n",
        pip_arguments=("--no-index", f"--find-links={wheels}"),
    )


def finished(folder: Path, name: str) -> Path:
    """A folder that looks like a finished environment with this one package."""
    (folder / "lib/python3.11/site-packages" / f"{name}.dist-info").mkdir(parents=True)
    kept_folder.write_record(folder, kept_folder.Record(digest=name, installed=(name,)))
    return folder


def test_a_real_environment_is_built_then_left_alone_and_survives_a_failed_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for a root whose own pip installs into the home."""
    root, wheels = tmp_path / "envs", tmp_path / "wheels"
    (tmp_path / ".config/pip").mkdir(parents=True)
    (tmp_path / ".config/pip/pip.conf").write_text("[install]\nuser = true\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    wheel(wheels, "1.0")
    wanted = wish(root / "default", wheels, "1.0")

    assert ml_env.apply(wanted) == "there was none"
    assert "tiny-1.0" in kept_folder.installed_in(root / "default")
    assert ml_env.apply(wanted) == ""
    with pytest.raises(BuildError, match="tiny"):
        ml_env.apply(wish(root / "default", wheels, "2.0"))

    assert [path.name for path in root.iterdir()] == ["default"]
    assert ml_env.difference(wanted) == ""
    assert not (root / "default/downloads").exists()


def test_a_full_disk_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    wanted = replace(wish(tmp_path / "default", tmp_path, ""), requirements=("vast",))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ml_env.DISK_MIB, "vast", 2**40)
        with pytest.raises(
            HostError, match=r"needs 1099511627776 MiB and its disk has \d+ MiB free\n  try: "
        ):
            ml_env.apply(wanted)
    assert list(tmp_path.iterdir()) == []


def test_taking_away_leaves_what_others_made(tmp_path: Path) -> None:
    root = tmp_path / "envs"
    finished(root / "default", "tiny-1.0")
    finished(root / ".other.previous", "tiny-1.0")
    (root / "mine/bin").mkdir(parents=True)
    expected = [f"removed {root}/{name}" for name in (".other.previous", "default")]
    assert ml_env.absent(root, write=False) == expected
    assert ml_env.absent(root, write=True) == expected
    assert [path.name for path in root.iterdir()] == ["mine"]


def test_taking_away_the_last_environment_takes_the_root_away(tmp_path: Path) -> None:
    finished(tmp_path / "envs/default", "tiny-1.0")
    ml_env.absent(tmp_path / "envs", write=True)
    assert ml_env.absent(tmp_path / "envs", write=True) == []
    assert not (tmp_path / "envs").exists()
