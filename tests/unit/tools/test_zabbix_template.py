"""The templates for Zabbix: both say the same, hold together, and take what there is from what a host answers."""

import csv
import re
from collections.abc import Iterator
from dataclasses import fields
from itertools import chain
from typing import Any

import pytest
import yaml

from gpuhost.telemetry.snapshot import Card, Snapshot
from tools.zabbix_template.document import SOURCES, document, main, target, text
from tools.zabbix_template.items import DAEMON, MASTER, RAW, STATE
from tools.zabbix_template.release import RELEASES, Release
from tools.zabbix_template.triggers import items_in

OLD, NEW = RELEASES
SHAPE = (SOURCES / "shape.js").read_text(encoding="utf-8")
ROWS = list(csv.DictReader((SOURCES / "items.csv").read_text(encoding="utf-8").splitlines()))
SAID = yaml.safe_load((SOURCES / "template.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
def test_the_role_has_what_the_tables_say(release: Release) -> None:
    assert target(release).read_text(encoding="utf-8") == text(release), (
        "run: python -m tools.zabbix_template.document"
    )


def test_nothing_is_written_where_nothing_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_both_releases_get_the_same() -> None:
    old, new = (document(release)["zabbix_export"] for release in RELEASES)
    assert new.pop("template_groups") == old.pop("groups")
    assert (old.pop("version"), new.pop("version")) == ("6.0", "7.0")
    old.pop("date")
    (old_template,), (new_template,) = old.pop("templates"), new.pop("templates")
    old_pages, new_pages = (
        [page["widgets"] for board in template.pop("dashboards") for page in board["pages"]]
        for template in (old_template, new_template)
    )
    assert [len(page) for page in old_pages] == [len(page) for page in new_pages]
    for one, other in zip(chain(*old_pages), chain(*new_pages), strict=True):
        assert int(other["width"]) == 3 * int(one["width"])
        assert one["height"] == other["height"]
    for rule in new_template["discovery_rules"]:
        assert rule.pop("enabled_lifetime_type") == "DISABLE_NEVER", "that a card is gone is a problem"
        rule.pop("lifetime")
    assert old_template == new_template
    assert old == new


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
def test_every_uuid_is_one_and_is_there_once(release: Release) -> None:
    found = [each["uuid"] for each in _mappings(document(release)) if "uuid" in each]
    assert len(found) == len(set(found))
    assert all(re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", each) for each in found)


def test_every_trigger_graph_and_widget_is_about_items_that_are_there() -> None:
    known = {row["key"] for row in ROWS} | {DAEMON, STATE.partition("[")[0]}
    triggers = [*SAID["host_triggers"], *SAID["card_triggers"]]
    for each in triggers:
        assert set(items_in(each["expression"] + each.get("recovery", ""))) <= known, each["name"]
    names = {each["name"] for each in triggers}
    graphs = [*SAID["host_graphs"], *SAID["card_graphs"]]
    assert all(set(each.get("after", ())) <= names for each in triggers)
    assert all(set(each["lines"]) <= known for each in graphs)
    shown = {widget[0] for page in SAID["dashboard"]["pages"] for row in page["rows"] for widget in row}
    assert shown <= known | {each["name"] for each in graphs}


def test_a_problem_of_a_warning_waits_for_the_grave_one() -> None:
    by_name = {each["name"]: each for each in SAID["card_triggers"]}
    for warm, hot in (("warm", "hot"), ("memory is warm", "memory is hot")):
        (mild,) = (each for name, each in by_name.items() if f": {warm} (" in name)
        (grave,) = (each for name, each in by_name.items() if f": {hot} (" in name)
        assert (mild["severity"], grave["severity"]) == ("WARNING", "HIGH")
        assert grave["name"] in mild["after"]


def test_every_threshold_is_a_macro_that_is_declared() -> None:
    declared = {each["macro"] for each in SAID["macros"]}
    used = set(re.findall(r"\{\$[A-Z.]+\}", str([SAID["host_triggers"], SAID["card_triggers"]])))
    assert declared - used == {"{$GPU.INTERVAL}"}
    assert used <= declared


@pytest.mark.parametrize(("of", "kind", "name"), [("host", Snapshot, "all"), ("card", Card, "card")])
def test_every_figure_comes_from_the_contract_or_from_what_is_made_of_it(
    of: str, kind: type, name: str
) -> None:
    made = set(re.findall(rf"\b{name}\.([a-z_]+) = ", SHAPE))
    there = {field.name for field in fields(kind)} | made
    paths = {row["path"].partition(".")[0] for row in ROWS if row["of"] == of}
    assert paths <= there
    assert made - {"advice"} <= paths, "nothing is made that no item takes"


def test_what_is_absent_leaves_an_item_as_it_is() -> None:
    (template,) = document(OLD)["zabbix_export"]["templates"]
    taken = [
        each
        for each in (*template["items"], *template["discovery_rules"][0]["item_prototypes"])
        if each.get("master_item", {}).get("key") in {MASTER, RAW}
    ]
    assert len(taken) == len(ROWS) + 2
    for each in taken:
        handler = each["preprocessing"][0]["error_handler"]
        assert handler == ("CUSTOM_VALUE" if each["key"] == STATE else "DISCARD_VALUE")
    assert "v === null ? undefined : v" in SHAPE, "a null would be a value"


def test_no_command_line_of_a_process_reaches_the_server() -> None:
    assert "delete card.processes;" in SHAPE
    assert ".command" not in SHAPE


def test_keys_that_begin_like_the_official_ones_are_among_these() -> None:
    official = (
        "nvml.version nvml.system.driver.version nvml.device.count nvml.device.temperature nvml.device.serial "
        "nvml.device.fan.speed.avg nvml.device.power.usage nvml.device.power.limit nvml.device.energy.consumption "
        "nvml.device.utilization.gpu nvml.device.utilization.memory nvml.device.memory.fb.total "
        "nvml.device.memory.fb.reserved nvml.device.memory.fb.free nvml.device.memory.fb.used "
        "nvml.device.memory.bar1.total nvml.device.memory.bar1.used nvml.device.pci.utilization.rx.rate "
        "nvml.device.pci.utilization.tx.rate nvml.device.sm.frequency nvml.device.memory.frequency "
        "nvml.device.graphics.frequency nvml.device.video.frequency nvml.device.performance.state"
    )
    assert {row["key"] for row in ROWS if row["key"].startswith("nvml.")} == set(official.split())


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _mappings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _mappings(inner)
