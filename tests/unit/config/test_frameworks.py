"""`framework:` of a fleet file, and what has to agree with it."""

from pathlib import Path

import pytest

from orchestrator.config import FleetSpec, load_fleet
from orchestrator.errors import ConfigError
from orchestrator.models import Framework


def load(tmp_path: Path, text: str, **flags: object) -> FleetSpec:
    file = tmp_path / "fleet.yml"
    file.write_text(text, encoding="utf-8")
    return load_fleet(file, environ={}, flags=flags)


def test_the_jobs_run_on_the_framework_where_no_backend_is_said(tmp_path: Path) -> None:
    spec = load(tmp_path, "stack: {framework: jax}")
    assert {request.backend for request in spec.validation.requests(spec.stack.framework)} == {"jax"}
    assert spec.stack.wishes.framework is Framework.JAX


def test_tensorflow_is_what_a_file_has_that_says_nothing(tmp_path: Path) -> None:
    spec = load(tmp_path, "name: lab")
    assert {request.backend for request in spec.validation.requests(spec.stack.framework)} == {"tensorflow"}


def test_the_release_of_the_chosen_framework_is_the_wish(tmp_path: Path) -> None:
    spec = load(tmp_path, 'stack: {framework: torch, torch: "2.9"}')
    assert (spec.stack.wishes.framework, spec.stack.wishes.release) == (Framework.TORCH, "2.9")


def test_a_release_of_another_framework_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, 'stack: {framework: jax, torch: "2.9"}')
    assert "stack.torch: 2.9 is a release of PyTorch, and `framework:` is jax" in refused.value.cause
    assert "--framework torch" in refused.value.hint


def test_a_backend_that_the_environment_has_not_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, "validate: {backend: jax}")
    assert "validate.backend: jax is not in the environment, which has tensorflow" in refused.value.cause
    assert "--framework jax" in refused.value.hint


def test_a_backend_that_an_environment_of_one_s_own_has_is_taken(tmp_path: Path) -> None:
    text = """
validate: {backend: jax}
vars:
  ml_env_environments:
    - {name: default, accelerators: [cpu], requirements: ["tensorflow", "jax[cuda12]==0.10.2", keras]}
    - {name: other, accelerators: [cpu], requirements: [torch]}
"""
    assert load(tmp_path, text).validation.backend == "jax"
    with pytest.raises(ConfigError, match="torch is not in the environment, which has jax and tensorflow"):
        load(tmp_path, text.replace("backend: jax", "backend: torch"))
