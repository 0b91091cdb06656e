"""Decide which of the wanted roles the hosts have a use for, and say why the others are left out. Pure."""

from collections.abc import Mapping

from orchestrator.errors import UsageError
from orchestrator.models import Builder, BuilderChoice, Stack

STACK_ROLES = frozenset({"nvidia_driver", "cuda", "conda", "ml_env"})
"""The roles that a stack decides for."""

DEBIAN_ONLY = frozenset({"base", "cuda", "firewall", "host_page", "nginx", "ssh_server", "vnc"})
"""Roles whose preflight refuses anything but Debian 12 and 13."""

_IN_CONTAINERS = "hosts are containers and are given no card"
_NO_CARD = "no host has an NVIDIA card"
_NO_TOOLKIT = (
    "TensorFlow brings its own; `cuda:` under `stack:` installs one for programs that are compiled there"
)


def refuse_unknown_distributions(wanted: tuple[str, ...], distributions: tuple[str, ...]) -> None:
    """Before hosts are paid for that a role would turn away. Raises UsageError."""
    strangers = [each for each in distributions if not each.startswith("debian-")]
    turned_away = sorted(DEBIAN_ONLY.intersection(wanted))
    if strangers and turned_away:
        raise UsageError(
            f"{' and '.join(strangers)}: the roles {', '.join(turned_away)} know Debian 12 and 13 alone",
            "distribution: debian-12; or leave these roles out under `roles:`",
        )


def choose_roles(
    wanted: tuple[str, ...],
    stacks: tuple[Stack, ...],
    builder: BuilderChoice,
    role_vars: Mapping[str, object],
    *,
    containers: bool,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The roles to apply, in the wanted order, and a note for each decision.

    A role whose state the user sets is never left out: it may have something to take back.

    Args:
        wanted: what the fleet file lists.
        stacks: of all hosts.
        builder: what makes the environments.
        role_vars: the fleet's.
        containers: hosts have no kernel of their own.
    """
    without: dict[str, str] = {}
    if not any(stack.driver for stack in stacks):
        without["nvidia_driver"] = _IN_CONTAINERS if containers else _NO_CARD
    if not any(stack.toolkit for stack in stacks):
        without["cuda"] = without.get("nvidia_driver", _NO_TOOLKIT)
    if builder.builder is Builder.VENV:
        without["conda"] = "nothing is built with it"
    left_out = {
        role: why for role, why in without.items() if role in wanted and f"{role}_state" not in role_vars
    }
    made = (f"environments are made with {builder.builder}: {builder.reason}",) if "ml_env" in wanted else ()
    return tuple(role for role in wanted if role not in left_out), (*made, *_notes(left_out))


def _notes(left_out: dict[str, str]) -> tuple[str, ...]:
    by_reason: dict[str, list[str]] = {}
    for role, why in left_out.items():
        by_reason.setdefault(why, []).append(role)
    return tuple(
        f"{' and '.join(roles)} {'is' if len(roles) == 1 else 'are'} left out: {why}"
        for why, roles in by_reason.items()
    )
