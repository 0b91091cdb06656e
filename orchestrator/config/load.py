"""`load_fleet`: from file, environment and flags to a checked FleetSpec. Reads files, changes none."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from orchestrator.computer.content import content_dir
from orchestrator.config.document import read_document
from orchestrator.config.explain import config_error, explain
from orchestrator.config.frameworks import refuse_other_frameworks
from orchestrator.config.keys import all_keys, did_you_mean
from orchestrator.config.layers import COMMAND_LINE, Layers
from orchestrator.config.spec import FleetSpec

DEFAULT_FILE = Path("fleet.yml")

_EntryPoints = dict[str, dict[str, dict[str, object]]]


def load_fleet(path: Path | None, *, environ: Mapping[str, str], flags: Mapping[str, object]) -> FleetSpec:
    """Read the fleet: defaults < file < environment < flags.

    Args:
        path: the fleet file; None means `fleet.yml` of the working directory, where there is one.
        environ: variables `ORCHESTRATE_<KEY>` and `ORCHESTRATE_<SECTION>__<KEY>` count; others are passed over.
        flags: values by dotted key, such as `{"validate.epochs": 5}`; None means not given.

    Raises:
        ConfigError: a file that cannot be read, an unknown key or a value that is not allowed, with its place.
    """
    layers = Layers()
    if path is not None or DEFAULT_FILE.exists():
        layers.add_file(path or DEFAULT_FILE)
    layers.add_environment(environ, tuple(all_keys()))
    layers.add_flags(flags)
    try:
        spec = FleetSpec.model_validate(layers.values)
    except ValidationError as error:
        raise explain(error, layers) from error
    refuse_other_frameworks(spec, layers)
    if spec.vars:
        _refuse_unknown_variables(spec, layers)
    if spec.aws.faults and not (spec.aws.rehearse and spec.cloud == "aws"):
        _refuse_faults(spec, layers)
    return spec


def json_schema() -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of `fleet.yml`, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "fleet.yml",
        **FleetSpec.model_json_schema(),
    }


def _refuse_faults(spec: FleetSpec, layers: Layers) -> None:
    """A fault that is not played would be a command that goes to a real account with everything else that was typed."""
    told = f"{', '.join(spec.aws.faults)}: faults are played in a rehearsal of AWS alone"
    if spec.aws.rehearse:
        if layers.origin(("aws", "faults")) == COMMAND_LINE:
            raise config_error(
                ("aws", "faults"), layers, f"{told}, and `cloud:` is {spec.cloud}", "add --cloud aws"
            )
        return
    raise config_error(
        ("aws", "faults"), layers, f"{told}, and this is none", "add --rehearse, or leave --fault out"
    )


def _refuse_unknown_variables(spec: FleetSpec, layers: Layers) -> None:
    known = sorted(_role_variables(content_dir() / "roles"))
    for name in spec.vars:
        if name not in known:
            raise config_error(("vars", name), layers, "no role has this variable", did_you_mean(name, known))


def _role_variables(roles: Path) -> Iterator[str]:
    """Names that the roles' argument specs declare, for every entry point."""
    for specs in roles.glob("*/meta/argument_specs.yml"):
        entry_points = cast("_EntryPoints", read_document(specs).values["argument_specs"])
        for entry_point in entry_points.values():
            yield from entry_point["options"]
