"""What training stands on, from the files of a host, and what counts as drift of it."""

from pathlib import Path

import pytest

from gpuhost.recheck.installed import drift, installed

PYTHON = "/opt/ml/envs/default/bin/python"
STATUS = """\
Package: libcudnn9-cuda-12
Status: install ok installed
Architecture: amd64
Version: 9.5.1.17-1
Description: cuDNN
 Version: none

Package: nvidia-driver
Status: deinstall ok config-files
Architecture: amd64
Version: 550.1

Package: libnvpair3linux
Status: install ok installed
Architecture: amd64
Version: 2.1

Package: libnvidia-container1
Status: install ok installed
Architecture: amd64
Version: 1.17

Package: bash
Status: install ok installed
Version: 5.2
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host with a driver, packages, and an environment to which `default` leads."""
    files = {
        "etc/machine-id": "0f\n",
        "sys/module/nvidia/version": "580.95.05\n",
        "var/lib/dpkg/status": STATUS,
        "opt/ml/envs/tf-1/lib/python3.11/site-packages/NumPy-2.4.1.dist-info/METADATA": "",
        "opt/ml/envs/tf-1/lib/python3.11/site-packages/numpy/__init__.py": "",
        "opt/ml/envs/tf-1/conda-meta/cuda-nvcc-12.4-h1_0.json": "{}",
        "opt/ml/envs/tf-1/bin/python": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "opt/ml/envs/default").symlink_to("tf-1")
    return tmp_path


def test_versions_are_read_from_files_and_nothing_is_started(root: Path) -> None:
    found = installed(root, PYTHON)
    assert found.pop("kernel")
    assert found == {
        "machine": "0f",
        "driver": "580.95.05",
        "package libcudnn9-cuda-12:amd64": "9.5.1.17-1",
        "distribution numpy": "2.4.1",
        "conda package cuda-nvcc": "12.4 (h1_0)",
    }


def test_a_host_without_a_driver_or_an_environment_has_none(tmp_path: Path) -> None:
    assert installed(tmp_path, "")["driver"] == "none"
    assert set(installed(tmp_path, PYTHON)) == {"machine", "kernel", "driver"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ()),
        ({"driver": "590.1"}, ("driver was 580.95.05 and is 590.1",)),
        ({"distribution numpy": None}, ("distribution numpy was 2.4.1 and is gone",)),
        ({"distribution pandas": "3"}, ()),
        ({"package cuda-toolkit:amd64": "13"}, ("package cuda-toolkit:amd64 13 was added",)),
    ],
)
def test_drift_is_named(root: Path, changes: dict[str, str | None], said: tuple[str, ...]) -> None:
    certified = installed(root, PYTHON)
    now = {name: version for name, version in (certified | changes).items() if version is not None}
    assert drift(certified, now) == said
