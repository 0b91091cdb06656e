"""A role's own variables, templated as on a host. Reads `defaults` and `vars`, and no host."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

ROLES = Path(__file__).resolve().parents[3] / "roles"


def role_variable(role: str, name: str, given: Mapping[str, object], facts: Mapping[str, object]) -> Any:
    """The value of one variable where these are set and the host has these facts."""
    loader = DataLoader()
    files = (ROLES / role / folder / "main.yml" for folder in ("defaults", "vars"))
    variables = {
        key: value
        for file in files
        for key, value in loader.load_from_file(str(file), trusted_as_template=True).items()
    }
    return Templar(loader=loader, variables={**variables, **given, "ansible_facts": facts}).template(
        variables[name]
    )
