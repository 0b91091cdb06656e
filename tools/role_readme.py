"""Write each role's variable table into its README from its defaults and its argument specs.

    python tools/role_readme.py           writes what is out of date
    python tools/role_readme.py --check   writes nothing; exits 1 and names what is out of date

Touches only what stands between the two markers. Judges nothing: whether defaults and specs agree is a repository test.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

BEGIN = "<!-- variables -->"
END = "<!-- /variables -->"
LONGEST_VALUE = 60
"""Characters; a longer default would make the table unreadable, so the table points to the file."""


class MissingMarkersError(Exception):
    """A README has no place for the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One row of the table."""

    name: str
    type: str
    """The spec's type, `list of str` where it has elements."""
    choices: tuple[str, ...]
    required: bool
    default: str
    """Compact JSON; empty when there is no default."""
    description: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description="Keep the variable tables of the roles' READMEs up to date.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when a table is out of date"
    )
    parser.add_argument(
        "--roles", type=Path, default=Path(__file__).resolve().parents[1] / "roles", help="the roles' folder"
    )
    options = parser.parse_args(arguments)
    stale = [
        readme
        for readme in sorted(options.roles.glob("*/README.md"))
        if renewed(readme) != readme.read_text(encoding="utf-8")
    ]
    for readme in stale:
        if options.check:
            print(f"{readme}: the variable table is out of date\n  try: python tools/role_readme.py")
        else:
            readme.write_text(renewed(readme), encoding="utf-8")
            print(f"{readme}: written")
    return 1 if stale and options.check else 0


def renewed(readme: Path) -> str:
    """The README's text with a fresh table.

    Raises:
        MissingMarkersError: the README lacks one of the markers.
    """
    text = readme.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise MissingMarkersError(f"{readme}: no {BEGIN} … {END} to write the variable table between")
    return f"{before}{BEGIN}\n{table(variables(readme.parent))}{END}{after}"


def variables(role: Path) -> tuple[Variable, ...]:
    """The role's public variables in the order of its defaults; those without a default last."""
    defaults = _mapping(role / "defaults" / "main.yml")
    specs = _mapping(role / "meta" / "argument_specs.yml")
    options = _inside(_inside(_inside(specs, "argument_specs"), "main"), "options")
    order = [*defaults, *(name for name in options if name not in defaults)]
    return tuple(_variable(name, _inside(options, name), defaults) for name in order)


def table(rows: Sequence[Variable]) -> str:
    """A Markdown table, ending in a newline."""
    lines = ["| Variable | Type | Default | Meaning |", "|---|---|---|---|"]
    for row in rows:
        kind = ", ".join((row.type, *(f"`{choice}`" for choice in row.choices)))
        default = "required" if row.required else _shown(row.default)
        lines.append("| " + " | ".join(map(_cell, (f"`{row.name}`", kind, default, row.description))) + " |")
    return "\n".join(lines) + "\n"


def _variable(name: str, spec: dict[str, object], defaults: dict[str, object]) -> Variable:
    kind = str(spec.get("type", "str"))
    elements = spec.get("elements")
    choices = spec.get("choices", ())
    description = spec.get("description", "")
    return Variable(
        name=name,
        type=f"{kind} of {elements}" if elements else kind,
        choices=tuple(map(str, choices)) if isinstance(choices, list) else (),
        required=bool(spec.get("required", False)),
        default=json.dumps(defaults[name], ensure_ascii=False) if name in defaults else "",
        description=" ".join(map(str, description)) if isinstance(description, list) else str(description),
    )


def _shown(default: str) -> str:
    if len(default) > LONGEST_VALUE:
        return "see `defaults/main.yml`"
    return f"`{default}`" if default else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _mapping(path: Path) -> dict[str, object]:
    return _inside({"file": yaml.safe_load(path.read_text(encoding="utf-8"))}, "file")


def _inside(mapping: dict[str, object], key: str) -> dict[str, object]:
    """The mapping under the key; empty when there is none."""
    found = mapping.get(key)
    return found if isinstance(found, dict) else {}


if __name__ == "__main__":
    raise SystemExit(main())
