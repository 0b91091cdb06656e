"""Write the template of GPUs for each release of Zabbix into role zabbix_server, from items.csv, template.yml and shape.js.

python -m tools.zabbix_template.document           writes the files that are out of date
python -m tools.zabbix_template.document --check   writes nothing; exits 1 when one is
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tools.zabbix_template.items import DAEMON, STATE, YES_OR_NO, discovery, host_items, key_of
from tools.zabbix_template.release import RELEASES, Release, uuid
from tools.zabbix_template.triggers import spread, triggers
from tools.zabbix_template.views import Names, dashboard, graph

SOURCES = Path(__file__).parent
TARGETS = SOURCES.parents[1] / "roles" / "zabbix_server" / "files"
HEAD = "---\n# Written by tools/zabbix_template: change it there.\n"
WIDTH = 60
"""PyYAML breaks a line at the first space behind it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description="Keep the templates for Zabbix up to date.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when one is out of date")
    options = parser.parse_args(arguments)
    old = [
        release
        for release in RELEASES
        if not target(release).is_file() or _read(target(release)) != text(release)
    ]
    for release in old:
        if not options.check:
            target(release).parent.mkdir(parents=True, exist_ok=True)
            target(release).write_text(text(release), encoding="utf-8")
        print(f"{target(release)}: {'out of date' if options.check else 'written'}")
    return 1 if old and options.check else 0


def target(release: Release) -> Path:
    """The file of that release."""
    return TARGETS / f"gpu-{release.version}.yml"


def text(release: Release) -> str:
    """The file's whole content."""
    dumped = yaml.dump(document(release), Dumper=_Dumper, sort_keys=False, width=WIDTH, allow_unicode=True)
    return HEAD + dumped


def document(release: Release) -> dict[str, Any]:
    """What Zabbix imports."""
    said = yaml.safe_load(_read(SOURCES / "template.yml"))
    rows = list(csv.DictReader(_read(SOURCES / "items.csv").splitlines()))
    name, keys = said["name"], keys_of(rows)
    names = Names(name, keys, frozenset(row["key"] for row in rows if row["value"] in {"char", "text"}))
    found = discovery(rows, release)
    items = host_items(rows, _read(SOURCES / "shape.js"))
    host, card = triggers(said["host_triggers"], said["card_triggers"], keys, name)
    found |= {
        "trigger_prototypes": spread(card, found["item_prototypes"], "trigger_prototypes"),
        "graph_prototypes": [graph(each, names) for each in said["card_graphs"]],
    }
    group = {"name": said["group"]}
    template = {
        "uuid": uuid("template", name),
        "template": name,
        "name": name,
        "description": said["description"],
        "groups": [group],
        "items": items,
        "discovery_rules": [found],
        "tags": [{"tag": "class", "value": "hardware"}, {"tag": "target", "value": "gpu"}],
        "macros": sorted(said["macros"], key=lambda each: str(each["macro"])),
        "dashboards": [dashboard(said["dashboard"], names, release)],
        "valuemaps": [_yes_or_no()],
    }
    return {
        "zabbix_export": {
            "version": release.version,
            **({"date": "2026-01-01T00:00:00Z"} if release.version == "6.0" else {}),
            release.groups: [{"uuid": uuid("group", said["group"]), **group}],
            "templates": [template],
            "triggers": spread(host, items, "triggers"),
            "graphs": [graph(each, names) for each in said["host_graphs"]],
        }
    }


def keys_of(rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """An item's key as template.yml names it, and as Zabbix does."""
    own = {row["key"]: key_of(row) for row in rows}
    return own | {DAEMON: DAEMON, STATE.partition("[")[0]: STATE}


def _yes_or_no() -> dict[str, Any]:
    words = [{"value": "0", "newvalue": "no"}, {"value": "1", "newvalue": "yes"}]
    return {"uuid": uuid("valuemap", YES_OR_NO), "name": YES_OR_NO, "mappings": words}


class _Dumper(yaml.SafeDumper):
    """Programs as blocks of lines, nothing by reference, and lists indented as yamllint asks for."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002  PyYAML's
        return super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  PyYAML's
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
