"""When an environment is built, and when not."""

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder
from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env import builders
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env import state as ml_env


def venv() -> Any:
    """The builder of a host without conda."""
    return builders.Builder(conda=None, python=builders.SYSTEM_PYTHON)


def wish(folder: Path, **changes: object) -> Any:
    """A wish for one package, with changes."""
    given = {
        "builder": venv(),
        "requirements": ("six",),
        "constraints": "six==1.17.0\n",
        "pip_arguments": (),
    }
    return ml_env.Wish(folder=folder, **(given | changes))


def environment(folder: Path, *, installed: tuple[str, ...] = ("six-1.17.0",), digest: str = "") -> Path:
    """A folder that looks like an environment which was built to its end."""
    for name in installed:
        (folder / "lib/python3.11/site-packages" / f"{name}.dist-info").mkdir(parents=True)
    folder.mkdir(exist_ok=True, parents=True)
    kept_folder.write_record(
        folder, kept_folder.Record(digest=digest or wish(folder).digest, installed=installed)
    )
    return folder


def test_an_environment_as_wanted_is_left_alone(tmp_path: Path) -> None:
    folder = environment(tmp_path / "default")
    assert ml_env.apply(wish(folder)) == ""


def test_a_missing_environment_is_built(tmp_path: Path) -> None:
    assert ml_env.difference(wish(tmp_path / "default")) == "there was none"


def test_an_environment_that_was_not_finished_is_built_anew(tmp_path: Path) -> None:
    folder = environment(tmp_path / "default", installed=())
    assert ml_env.difference(wish(folder)) == "it was not finished"


def test_a_folder_that_was_made_and_nothing_more_counts_as_not_finished(tmp_path: Path) -> None:
    (tmp_path / "default").mkdir()
    assert ml_env.difference(wish(tmp_path / "default")) == "it was not finished"


def test_a_package_removed_by_hand_is_seen(tmp_path: Path) -> None:
    folder = environment(tmp_path / "default")
    (folder / "lib/python3.11/site-packages/six-1.17.0.dist-info").rmdir()
    assert ml_env.difference(wish(folder)) == "somebody changed six-1.17.0"


def test_a_package_upgraded_by_hand_is_seen(tmp_path: Path) -> None:
    folder = environment(tmp_path / "default")
    packages = folder / "lib/python3.11/site-packages"
    (packages / "six-1.17.0.dist-info").rename(packages / "six-1.18.0.dist-info")
    assert ml_env.difference(wish(folder)) == "somebody changed six-1.17.0, six-1.18.0"


@pytest.mark.parametrize(
    "changes",
    [
        {"requirements": ("six", "wheel")},
        {"constraints": "six==1.16.0\n"},
        {"builder": builders.Builder(conda=Path("/opt/conda"), python=builders.SYSTEM_PYTHON)},
        {"builder": builders.Builder(conda=Path("/opt/conda"), python="3.14")},
    ],
    ids=["package", "pin", "builder", "python"],
)
def test_another_wish_is_another_environment(tmp_path: Path, changes: dict[str, object]) -> None:
    folder = environment(tmp_path / "default")
    assert ml_env.difference(wish(folder, **changes)) == "other packages, or another Python, are wanted"


@pytest.mark.parametrize(
    "changes",
    [{"constraints": "# pins\n\nsix==1.17.0  # newest\n"}, {"pip_arguments": ("--retries=1",)}],
    ids=["comment", "pip"],
)
def test_what_cannot_change_the_outcome_builds_nothing(tmp_path: Path, changes: dict[str, object]) -> None:
    folder = environment(tmp_path / "default")
    assert ml_env.difference(wish(folder, **changes)) == ""


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "default/bin").mkdir(parents=True)
    with pytest.raises(BuildError, match=r"was not made by this role\n  try: move it away"):
        ml_env.difference(wish(tmp_path / "default"))


@pytest.mark.parametrize(
    ("requirement", "accelerator", "machine", "expected"),
    [
        ("tensorflow", "cpu", "x86_64", "tensorflow-cpu"),
        ("tensorflow", "gpu", "x86_64", "tensorflow[and-cuda]"),
        ("tensorflow", "gpu", "aarch64", "tensorflow[and-cuda]"),
        ("tensorflow", "cpu", "aarch64", "tensorflow"),
        ("tensorflow>=2.20", "cpu", "x86_64", "tensorflow-cpu>=2.20"),
        ("tensorflow-datasets", "cpu", "x86_64", "tensorflow-datasets"),
        ("tensorflow[and-cuda]", "cpu", "x86_64", "tensorflow[and-cuda]"),
        ("keras", "gpu", "x86_64", "keras"),
        ("jax==0.10.2", "cpu", "x86_64", "jax==0.10.2"),
        ("jax==0.10.2", "gpu", "x86_64", "jax[cuda12]==0.10.2"),
        ("jax", "gpu", "aarch64", "jax[cuda12]"),
        ("jaxtyping", "gpu", "x86_64", "jaxtyping"),
        ("torch==2.15.0", "gpu", "x86_64", "torch==2.15.0"),
        ("torch==2.15.0", "cpu", "x86_64", "torch==2.15.0+cpu"),
        ("torch==2.15.0+cpu", "cpu", "x86_64", "torch==2.15.0+cpu"),
        ("torch==2.15.0", "cpu", "aarch64", "torch==2.15.0"),
        ("torch>=2.15", "cpu", "x86_64", "torch>=2.15"),
        ("torchvision==0.29", "cpu", "x86_64", "torchvision==0.29"),
    ],
)
def test_a_framework_becomes_the_build_for_the_accelerator(
    requirement: str, accelerator: str, machine: str, expected: str
) -> None:
    assert ml_env.build_for(requirement, accelerator, machine) == expected


def test_pytorch_for_the_cpu_takes_a_fifth_of_the_space_and_says_where_it_is_to_be_had(
    tmp_path: Path,
) -> None:
    cpu = wish(tmp_path / "default", requirements=("torch==2.15.0+cpu", "keras"))
    cuda = wish(tmp_path / "default", requirements=("torch==2.15.0", "keras"))
    assert ml_env.needed_mib(cpu) * 5 < ml_env.needed_mib(cuda)


def test_the_roles_wish_is_understood(tmp_path: Path) -> None:
    given = {
        "folder": str(tmp_path / "default"),
        "accelerator": "cpu",
        "requirements": ["tensorflow", "keras"],
        "constraints": "keras==3.15.1\n",
        "pip_arguments": ["--retries=1"],
        "builder": "auto",
        "python": "",
        "conda": str(tmp_path / "conda"),
    }
    assert ml_env.wish_of(given, "x86_64") == wish(
        tmp_path / "default",
        requirements=("tensorflow-cpu", "keras"),
        constraints="keras==3.15.1\n",
        pip_arguments=("--retries=1",),
    )


@pytest.mark.parametrize(
    ("asked", "there", "expected"),
    [("auto", True, "conda"), ("auto", False, "venv"), ("venv", True, "venv"), ("conda", True, "conda")],
)
def test_conda_is_taken_where_it_is_unless_something_else_is_asked_for(
    tmp_path: Path, asked: str, there: bool, expected: str
) -> None:
    assert builders.choose(asked, "", conda(tmp_path, there=there)).name == expected


def test_without_a_version_of_its_own_an_environment_of_condas_has_the_systems(tmp_path: Path) -> None:
    prefix = conda(tmp_path)
    assert builders.choose("conda", "", prefix).python == builders.SYSTEM_PYTHON
    assert builders.choose("auto", "3.99", prefix).python == "3.99"


def test_conda_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"there is none in .*\n  try: apply the role conda before"):
        builders.choose("conda", "", tmp_path / "conda")


def test_another_python_without_conda_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"^Python 3.99 is wanted .*\n  try: set ml_env_builder to conda"):
        builders.choose("auto", "3.99", tmp_path / "conda")


def conda(root: Path, *, there: bool = True) -> Path:
    """A folder that looks like what role conda installs."""
    if there:
        (root / "conda/bin").mkdir(parents=True)
        (root / "conda/bin/conda").touch()
        kept_folder.write_record(root / "conda", kept_folder.Record(digest="1", installed=("conda-1",)))
    return root / "conda"
