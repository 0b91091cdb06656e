"""A role's own variables, templated as on a host. Reads `defaults` and `vars`, and no host."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.orchestrate.gpu.plugins.filter.distribution import distribution

ROLES = Path(__file__).resolve().parents[3] / "roles"
_LOADER = DataLoader()


def role_variable(role: str, name: str, given: Mapping[str, object], facts: Mapping[str, object]) -> Any:
    """The value of one variable where these are set and the host has these facts."""
    variables = _variables(role)
    templar = Templar(loader=_LOADER, variables={**variables, **given, "ansible_facts": facts})
    # By its name in the collection, which Ansible's own finder of collections would have to be there for.
    templar._engine.environment.filters["orchestrate.gpu.distribution"] = distribution
    return templar.template(variables[name])


@cache
def _variables(role: str) -> Mapping[str, Any]:
    files = (ROLES / role / folder / "main.yml" for folder in ("defaults", "vars"))
    return {
        key: value
        for file in files
        for key, value in _LOADER.load_from_file(str(file), trusted_as_template=True).items()
    }
