"""Packages of the training environment that only some workloads need. They are imported when they are used, not before."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

from workloads.result import CannotRunError

Module: TypeAlias = Any
"""Of a package that is not installed where types are checked."""


class MissingPackageError(CannotRunError):
    """The training environment lacks a package that this workload needs on top of Keras."""


def package(module: str, distribution: str) -> Module:
    """The module.

    Args:
        module: what is imported, `PIL.Image`.
        distribution: what pip knows it by, `pillow`.

    Raises:
        MissingPackageError: it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as cause:
        raise MissingPackageError(
            f"{distribution} is not in this environment: add it to the requirements of ml_env_environments and apply the role, or "
            f"type `pip install {distribution}` there"
        ) from cause


def first_installed(modules: tuple[str, ...]) -> str:
    """The first of the modules that this environment has, without importing it; the first of all where it has none."""
    return next((module for module in modules if find_spec(module)), modules[0])
