"""The examples load and show every key; the JSON Schema describes every key."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.config import FleetSpec, json_schema, load_fleet
from orchestrator.config.document import read_document
from orchestrator.config.keys import all_keys

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.yml"))

Schema = dict[str, object]

OF_PYDANTIC = {"annotated_types", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection"}
"""Itself, and what it stands on."""


def properties(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Every described key anywhere in the schema."""
    for key, value in schema.items():
        if key == "properties":
            assert isinstance(value, dict)
            yield from value.items()
        if isinstance(value, dict):
            yield from properties(value)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_example_loads(example: Path) -> None:
    load_fleet(example, environ={}, flags={})


def test_the_sandbox_example_says_what_the_defaults_are() -> None:
    example = next(path for path in EXAMPLES if path.name == "sandbox.yml")
    assert load_fleet(example, environ={}, flags={}) == FleetSpec()


def test_the_examples_together_show_every_key() -> None:
    shown = {
        tuple(part for part in key if isinstance(part, str))
        for example in EXAMPLES
        for key in read_document(example).lines
    }
    wanted = {*all_keys(), ("hosts", "name"), ("hosts", "distribution")}
    assert wanted <= shown


def test_the_schema_describes_every_key() -> None:
    described = list(properties(json_schema()))
    assert {"validate", "min_accuracy", "engine", "inventory"} <= {key for key, _ in described}
    assert [key for key, schema in described if not schema.get("description")] == []


def test_the_schema_is_of_draft_2020_12() -> None:
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_importing_the_configuration_brings_pydantic_and_leaves_yaml_alone() -> None:
    code = (
        "import sys; before = set(sys.modules); import orchestrator.config; new = sys.modules.keys() - before; "
        "print(*{name.partition('.')[0] for name in new "
        "if 'site-packages' in (getattr(sys.modules[name], '__file__', None) or '')}, *new & {'yaml', 'difflib'})"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    brought = set(out.split())
    assert "pydantic" in brought, "else this shows nothing"
    assert brought <= OF_PYDANTIC
