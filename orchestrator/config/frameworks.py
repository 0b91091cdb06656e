"""Whether `stack:` and `validate:` agree on the framework: a release of another one, a backend that is not installed. Pure."""

import re
from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from orchestrator.config.explain import config_error
from orchestrator.config.layers import Layers
from orchestrator.config.spec import FleetSpec
from orchestrator.models import Framework

_ENVIRONMENT = "default"
"""The environment that jobs run in."""


def refuse_other_frameworks(spec: FleetSpec, layers: Layers) -> None:
    """Raises ConfigError where a release or a backend is asked for that the environment will not have."""
    chosen = spec.stack.framework
    for framework, release in spec.stack.releases.items():
        if release and framework != chosen:
            raise config_error(
                ("stack", framework),
                layers,
                f"{release} is a release of {Framework(framework).label}, and `framework:` is {chosen}",
                f"framework: {framework} under `stack:` (--framework {framework}), or leave `{framework}:` out",
            )
    backend = spec.validation.backend
    installed = _of_own_environment(spec.vars) or {chosen}
    if backend and backend not in installed:
        raise config_error(
            ("validate", "backend"),
            layers,
            f"{backend} is not in the environment, which has {' and '.join(sorted(installed))}",
            f"framework: {backend} under `stack:` (--framework {backend}), or leave `backend:` out",
        )


def _of_own_environment(variables: Mapping[str, JsonValue]) -> set[str]:
    """The frameworks in an environment that `vars:` describes; empty where it describes none."""
    environments = variables.get("ml_env_environments")
    found: set[str] = set()
    for environment in environments if isinstance(environments, list) else ():
        if isinstance(environment, dict) and environment.get("name") == _ENVIRONMENT:
            requirements = cast("list[object]", environment.get("requirements") or [])
            names = {re.split(r"[^\w-]", str(each), maxsplit=1)[0] for each in requirements}
            found |= {each.value for each in Framework if names & {each.value, f"{each}-cpu"}}
    return found
