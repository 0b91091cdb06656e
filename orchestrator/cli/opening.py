"""What every command about a fleet takes: the shared options, and the values they open."""

import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orchestrator.answer import Typed
from orchestrator.journal import Journal, state_dir
from orchestrator.progress import Progress

if TYPE_CHECKING:
    from orchestrator.config import FleetSpec
    from orchestrator.pipeline import Pipeline
    from orchestrator.providers.base import Provider

Command = TypeVar("Command", bound=Callable[..., Any])

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


_STACK_KEYS = {
    "--tensorflow": ("stack.tensorflow", str, "TensorFlow release: 2.15 or 2.15.1."),
    "--cuda": ("stack.cuda", str, "CUDA for programs that are compiled or run on the host: 12.4."),
    "--python": ("stack.python", str, "Python of the environment: 3.11."),
    "--driver": ("stack.driver", str, "Branch of the NVIDIA driver: 580."),
    "--gpu-memory": ("stack.gpu_memory_mib", int, "Memory in MiB that a job needs on one card."),
    "--builder": ("stack.builder", click.Choice(("conda", "venv")), "What makes the environment."),
}
_PLAN_KEYS = {
    "--hosts": ("hosts", int, "How many hosts.  [default: 1]"),
    "--distribution": ("distribution", str, "debian-12 or debian-13.  [default: debian-12]"),
    "--instance-type": ("aws.instance_type", str, "EC2 type, for cloud aws.  [default: g4dn.xlarge]"),
    **_STACK_KEYS,
}
"""Option -> key of fleet.yml, type, help. No defaults: those are the configuration's."""


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
    pairs = ((option, str(given[key])) for option, (key, _, _) in _STACK_KEYS.items() if key in given)
    return tuple(chain.from_iterable(pairs))


def _key_options(command: Command, options: dict[str, tuple[str, Any, str]]) -> Command:
    def keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
        if value is not None:
            context.meta.setdefault(__name__, {})[options[parameter.opts[0]][0]] = value

    for option, (_, kind, text) in reversed(options.items()):
        command = click.option(option, type=kind, help=text, expose_value=False, callback=keep)(command)
    return command


def typed_command() -> Typed:
    """The command under way, as it was typed, and the options that it knows."""
    context = click.get_current_context()
    options = (option for parameter in context.command.params for option in parameter.opts)
    return Typed(words=("orchestrate", *context.find_root().obj), takes=frozenset(options))


def read_spec(config: Path | None, flags: dict[str, object]) -> "FleetSpec":
    """The fleet's specification from file, environment and flags. Raises ConfigError."""
    from orchestrator.config import load_fleet

    return load_fleet(config, environ=os.environ, flags=flags)


def read_begun_spec(config: Path | None, flags: dict[str, object]) -> "FleetSpec":
    """As `read_spec`, for a fleet that may be up: where it was made decides, whatever the file says by now."""
    from orchestrator.models import Plan

    spec = read_spec(config, flags)
    planned = fleet_of(spec).load("plan", Plan)
    return spec.model_copy(update={"cloud": planned.cloud}) if planned else spec


def open_provider_of(spec: "FleetSpec", progress: Progress) -> "Provider":
    """The provider that the specification names; nothing is asked of it yet."""
    from orchestrator.providers.registry import open_provider
    from orchestrator.providers.settings import OnpremSettings, ProviderSettings, SandboxSettings

    settings = ProviderSettings(
        sandbox=SandboxSettings(**spec.sandbox.model_dump()),
        onprem=OnpremSettings(inventory=spec.onprem.inventory, limit=spec.onprem.limit),
    )
    return open_provider(spec.cloud, settings, progress.note)


def fleet_of(spec: "FleetSpec") -> Journal:
    """The memory of the specification's fleet."""
    return Journal(spec.name, state_dir())


def open_pipeline(spec: "FleetSpec", progress: Progress) -> "Pipeline":
    """Everything that one command needs to move a fleet."""
    from orchestrator.pipeline import Pipeline

    return Pipeline(
        spec,
        open_provider_of(spec, progress),
        fleet_of(spec),
        progress,
        version=version("orchestrate"),
    )


def variables_of_this_computer(spec: "FleetSpec", progress: Progress) -> dict[str, object]:
    """Role variables that give a sandbox host this computer's way to the package servers."""
    from orchestrator.computer.surroundings import look_around

    if spec.cloud != "sandbox":
        return {}
    seen = look_around(Path("/"), home=Path.home(), environ=os.environ)
    for note in seen.notes:
        progress.note(note)
    return seen.role_vars()


def is_terminal() -> bool:
    """True when a person watches standard error and may be shown moving lines."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"
