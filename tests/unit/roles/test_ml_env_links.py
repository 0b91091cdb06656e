"""Libraries that TensorFlow's wheel does not look for where pip puts them are linked to where it does."""

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env import builders, library_links
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env import state as ml_env

from tests.unit.roles.libraries import library, tensorflow_with

CUSOLVER = "nvidia/cuda_runtime/lib/libcusolver.so.11"


def wish(folder: Path) -> Any:
    """A wish for what is in the folder already."""
    return ml_env.Wish(
        folder=folder,
        builder=builders.Builder(conda=None, python=builders.SYSTEM_PYTHON),
        requirements=("tensorflow[and-cuda]",),
        constraints="",
        pip_arguments=(),
    )


def finished(folder: Path) -> Path:
    """An environment from before there were links, with its packages."""
    packages = tensorflow_with(folder / "lib/python3.11/site-packages", "cuda_runtime", "cudnn")
    (packages / "tensorflow-2.21.0.dist-info").mkdir()
    kept_folder.write_record(
        folder, kept_folder.Record(digest=wish(folder).digest, installed=("tensorflow-2.21.0",))
    )
    return packages


def test_what_lies_in_a_folder_that_is_not_looked_into_is_linked_to_one_that_is(tmp_path: Path) -> None:
    packages = tensorflow_with(tmp_path, "cuda_runtime", "cudnn")
    assert library_links.make(packages) == (CUSOLVER,)
    assert (packages / CUSOLVER).resolve() == packages / "nvidia/cusolver/lib/libcusolver.so.11"
    assert (packages / CUSOLVER).readlink() == Path("../../cusolver/lib/libcusolver.so.11")


def test_links_are_made_once_and_again_when_their_library_has_gone_elsewhere(tmp_path: Path) -> None:
    packages = tensorflow_with(tmp_path, "cuda_runtime", "cudnn")
    library_links.make(packages)
    assert library_links.make(packages) == ()
    (packages / CUSOLVER).unlink()
    (packages / CUSOLVER).symlink_to("nowhere")
    assert library_links.wanting(packages) == (CUSOLVER,)
    assert library_links.make(packages) == (CUSOLVER,)
    assert library_links.there(packages) == (CUSOLVER,)


def test_a_wheel_that_looks_everywhere_gets_no_link(tmp_path: Path) -> None:
    packages = tensorflow_with(tmp_path, "cuda_runtime", "cudnn", "cusolver")
    assert library_links.make(packages) == ()
    assert not (packages / CUSOLVER).exists()


def test_another_folder_takes_the_links_where_that_of_the_runtime_is_not_looked_into(tmp_path: Path) -> None:
    packages = tensorflow_with(tmp_path, "cudnn")
    assert set(library_links.make(packages)) == {
        "nvidia/cudnn/lib/libcudart.so.12",
        "nvidia/cudnn/lib/libcusolver.so.11",
    }


@pytest.mark.parametrize("found", [(), ("elsewhere",)])
def test_without_a_folder_that_is_looked_into_there_is_nothing_to_link_to(
    tmp_path: Path, found: tuple[str, ...]
) -> None:
    assert library_links.make(tensorflow_with(tmp_path, *found)) == ()


def test_packages_without_tensorflow_get_no_link(tmp_path: Path) -> None:
    library(tmp_path / "nvidia/cusolver/lib/libcusolver.so.11")
    assert library_links.make(tmp_path) == ()


def test_a_file_that_is_no_library_is_named(tmp_path: Path) -> None:
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow/libtensorflow_framework.so.2").write_text("INPUT ( -lc )" * 9)
    with pytest.raises(library_links.NotElfError, match=r"libtensorflow_framework\.so\.2 is no library"):
        library_links.make(tmp_path)


def test_an_environment_from_before_there_were_links_gets_them_without_being_built_anew(
    tmp_path: Path,
) -> None:
    packages = finished(tmp_path / "default")
    wanted = wish(tmp_path / "default")
    assert ml_env.difference(wanted) == f"links are wanting: {CUSOLVER}"
    assert not (packages / CUSOLVER).exists()
    assert ml_env.apply(wanted) == f"links are wanting: {CUSOLVER}"
    assert (packages / CUSOLVER).is_symlink()
    record = kept_folder.read_record(tmp_path / "default")
    assert record is not None
    assert record.notes["library_links"] == CUSOLVER
    assert ml_env.apply(wanted) == ""
