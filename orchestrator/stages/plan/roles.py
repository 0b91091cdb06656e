"""Decide which of the wanted roles the hosts have a use for, and say why the others are left out. Pure."""

from collections.abc import Mapping

from orchestrator.models import Builder, BuilderChoice, PackageSource, Stack

STACK_ROLES = frozenset({"nvidia_driver", "cuda", "conda", "ml_env"})
"""The roles that a stack decides for."""

IN_CONTAINERS = "hosts are containers and are given no card"
NO_CARD = "no host has an NVIDIA card"
IN_IMAGE = "the image that hosts start from has a driver, which is found and kept"
_NO_TOOLKIT = (
    "the framework brings its own; `cuda:` under `stack:` installs one for programs that are compiled there"
)


def choose_roles(
    wanted: tuple[str, ...],
    stacks: tuple[Stack, ...],
    builder: BuilderChoice,
    role_vars: Mapping[str, object],
    *,
    no_driver: str,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The roles to apply, in the wanted order, and a note for each decision.

    A role whose state the user sets is never left out: it may have something to take back.

    Args:
        wanted: what the fleet file lists.
        stacks: of all hosts.
        builder: what makes the environments.
        role_vars: the fleet's.
        no_driver: why the hosts get no driver, where none of them does.
    """
    without: dict[str, str] = {}
    if not any(_is_installed(stack) for stack in stacks):
        without["nvidia_driver"] = no_driver
    if not any(stack.toolkit for stack in stacks):
        without["cuda"] = without.get("nvidia_driver", _NO_TOOLKIT) if no_driver != IN_IMAGE else _NO_TOOLKIT
    if "nvidia_driver" in without and no_driver != IN_IMAGE:
        without["container_toolkit"] = no_driver
    if builder.builder is Builder.VENV:
        without["conda"] = "nothing is built with it"
    left_out = {
        role: why for role, why in without.items() if role in wanted and f"{role}_state" not in role_vars
    }
    made = (f"environments are made with {builder.builder}: {builder.reason}",) if "ml_env" in wanted else ()
    return tuple(role for role in wanted if role not in left_out), (*made, *_notes(left_out))


def _is_installed(stack: Stack) -> bool:
    """Whether the role has a driver to install there."""
    return stack.driver is not None and stack.driver.source is not PackageSource.IMAGE


def _notes(left_out: dict[str, str]) -> tuple[str, ...]:
    by_reason: dict[str, list[str]] = {}
    for role, why in left_out.items():
        by_reason.setdefault(why, []).append(role)
    return tuple(
        f"{' and '.join(roles)} {'is' if len(roles) == 1 else 'are'} left out: {why}"
        for why, roles in by_reason.items()
    )
