"""What commands take: the shared options, and what was typed of them. Opens nothing."""

import math
import re
from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import click

from orchestrator.answer import Typed
from orchestrator.catalog import names

Command = TypeVar("Command", bound=Callable[..., Any])


class FiniteRange(click.FloatRange):
    """A number in a range. click takes `nan` for one of every range, and `inf` of one that is open above."""

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """As click.FloatRange does it."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return float(number)


name_option = click.option("--name", help="The fleet's name.  [default: sandbox]")
cloud_option = click.option(
    "--cloud", help="Where hosts come from: sandbox, onprem or aws.  [default: sandbox]"
)
config_option = click.option(
    "--config", type=click.Path(path_type=Path), help="Fleet file.  [default: ./fleet.yml where it exists]"
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Machine-readable result on standard output."
)


def fleet_options(command: Command) -> Command:
    """Add `--name`, `--cloud`, `--config` and `--json`."""
    for option in (json_option, config_option, cloud_option, name_option):
        command = option(command)
    return command


def password_options(command: Command) -> Command:
    """Add `--ask-become-pass` and `--ask-vault-pass`, as Ansible has them. They are no parameters: what is typed is kept for Ansible."""
    for option, prompt, text in (
        (
            "--ask-vault-pass",
            "Vault password",
            "Ask for the password of ansible-vault, for hosts of an inventory.",
        ),
        (
            "--ask-become-pass",
            "BECOME password",
            "Ask for the password that sudo asks for on hosts of an inventory.",
        ),
    ):
        command = click.option(
            option, is_flag=True, expose_value=False, callback=partial(_ask_and_keep, prompt), help=text
        )(command)
    return command


def _ask_and_keep(prompt: str, _context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Once, before anything is done with it; on standard error, since standard output may be for a program."""
    if not value:
        return
    from orchestrator.ansible_hosts import Secret, keep

    kind = Secret.BECOME if "--ask-become-pass" in parameter.opts else Secret.VAULT
    keep(kind, click.prompt(prompt, hide_input=True, err=True))


def memory(text: str) -> int:
    """MiB. A bare number below 512 is GiB: no card has less than 512 MiB, or as much as 512 GiB."""
    seen = re.fullmatch(r"(\d{1,12})\s*([gm]?)(?:i?b)?", text.strip().lower())
    if seen is None:
        raise click.BadParameter(f"{text!r} is no amount of memory: 16, 16GiB or 16384MiB")
    number, unit = int(seen[1]), seen[2]
    return number * (1024 if unit == "g" or (not unit and number < 512) else 1)


def words(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


_STACK_KEYS = {
    "--framework": (
        "stack.framework",
        click.Choice(("tensorflow", "jax", "torch")),
        "What computes below Keras.  [default: tensorflow]",
    ),
    "--tensorflow": ("stack.tensorflow", names.release, "TensorFlow release: 2.15, 2.15.1 or latest."),
    "--jax": ("stack.jax", names.release, "JAX release, with --framework jax: 0.10, 0.10.2 or latest."),
    "--torch": (
        "stack.torch",
        names.release,
        "PyTorch release, with --framework torch: 2.9, 2.9.1 or latest.",
    ),
    "--cuda": (
        "stack.cuda",
        names.cuda,
        "CUDA for programs that are compiled or run on the host: 12.4, or 12.",
    ),
    "--python": ("stack.python", names.python, "Python of the environment: 3.11."),
    "--driver": ("stack.driver", names.branch, "Branch of the NVIDIA driver: 580, or a package of it."),
    "--flavour": (
        "stack.flavour",
        click.Choice(("open", "proprietary")),
        "Kernel modules of the driver.",
    ),
    "--source": (
        "stack.source",
        click.Choice(("distro", "nvidia_repo")),
        "Whose packages the driver is of.",
    ),
    "--gpu-memory": (
        "stack.gpu_memory_mib",
        memory,
        "Memory that a job needs on one card: 16 GiB or 16384 MiB.",
    ),
    "--builder": ("stack.builder", click.Choice(("conda", "venv")), "What makes the environment."),
}
_PLAN_KEYS = {
    "--hosts": ("hosts", int, "How many hosts.  [default: 1]"),
    "--cluster": (
        "cluster.enabled",
        bool,
        "Put the hosts under Slurm: one queue, jobs across hosts, one folder that all share.",
    ),
    "--distribution": (
        "distribution",
        str,
        "debian-12 or -13, ubuntu-22.04, -24.04 or -26.04; sandbox: Debian.  [default: debian-12; aws: ubuntu-24.04]",
    ),
    "--instance-type": (
        "aws.instance_type",
        words,
        "EC2 types to try, with commas, for cloud aws.  [default: g4dn.xlarge]",
    ),
    "--cheapest": ("aws.cheapest", bool, "Try the EC2 types with enough GPU memory, the cheapest first."),
    "--with": (
        "services",
        words,
        (
            "What people use besides training, with commas: desktop, notebooks, page, gpu_exporter, prometheus, containers, "
            "zabbix_agent, zabbix_server."
        ),
    ),
    "--region": (
        "aws.regions",
        words,
        "AWS regions to try, with commas.  [default: the AWS configuration's, or us-east-1]",
    ),
    "--spot": ("aws.market", "spot", "Rent on the spot market; never turns into on-demand by itself."),
    "--max-hours": ("limits.max_hours", float, "Hours that a rented host may run.  [default: 24]"),
    "--rehearse/--no-rehearse": (
        "aws.rehearse",
        bool,
        "Play AWS on this computer: costs nothing, needs no account.",
    ),
    "--fault": (
        "aws.faults",
        words,
        "What goes wrong in a rehearsal: no-capacity, throttled …, with commas.",
    ),
    **_STACK_KEYS,
}
"""Option -> key of fleet.yml, type, help; a flag has `bool`, or the word that it stands for. No defaults: those are the
configuration's."""


def stack_options(command: Command) -> Command:
    """Add the options for `stack:`. They are no parameters of the command: `given_keys` has what was given."""
    return _key_options(command, _STACK_KEYS)


def plan_options(command: Command) -> Command:
    """Add the options that `up` and `plan` share beside `fleet_options`. No parameters either."""
    return _key_options(command, _PLAN_KEYS)


def given_keys() -> dict[str, Any]:
    """What was typed of `stack_options` or `plan_options`, by key of fleet.yml."""
    return dict(click.get_current_context().meta.get(__name__, {}))


def stack_words() -> tuple[str, ...]:
    """What was typed of `stack_options`, as words of another command."""
    given = given_keys()
    pairs = ((option, str(given[key])) for option, (key, _, _) in _STACK_KEYS.items() if given.get(key))
    return tuple(chain.from_iterable(pairs))


def _key_options(command: Command, options: dict[str, tuple[str, Any, str]]) -> Command:
    keys = {option.partition("/")[0]: key for option, (key, _, _) in options.items()}

    def keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
        if value is not None:
            context.meta.setdefault(__name__, {})[keys[parameter.opts[0]]] = value

    for option, (_, kind, text) in reversed(options.items()):
        is_flag = (kind is bool and "/" not in option) or isinstance(kind, str)
        form: dict[str, Any] = (
            {"is_flag": True, "flag_value": kind if isinstance(kind, str) else True, "default": None}
            if is_flag
            else {"default": None}
            if "/" in option
            else {"type": kind}
        )
        command = click.option(option, help=text, expose_value=False, callback=keep, **form)(command)
    return command


def typed_command() -> Typed:
    """The command under way, as it was typed, and the options that it knows."""
    context = click.get_current_context()
    options = (option for parameter in context.command.params for option in parameter.opts)
    return Typed(words=("orchestrate", *context.find_root().obj), takes=frozenset(options))
