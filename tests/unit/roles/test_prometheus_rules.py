"""What role prometheus asks of the exporter: rules, dashboard and configuration name nothing that it does not tell. No Prometheus."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gpuhost.exporter import cards, host
from gpuhost.exporter.text_format import rendered
from tests.unit.gpuhost.exporter.samples import CUT_UP, LEASES, SNAPSHOT, read_back
from tests.unit.roles.rendered import rendered_variables
from tests.unit.roles.role_variables import ROLES

OTHERS = {"up", "ALERTS", "node_filesystem_avail_bytes", "node_filesystem_size_bytes"}
"""Prometheus' own, and the node exporter's."""
METRIC = re.compile(r"\b(?:DCGM_FI|orchestrate|node)_\w+|\bup\b|\bALERTS\b")
NODE = {"nodename": "lab-1", "default_ipv4": {"address": "192.0.2.1"}}
SAMPLES = {
    "inventory_hostname": "a",
    "hostvars": {
        "a": {"ansible_facts": NODE},
        "b": {"gpu_exporter_address": "192.0.2.2", "gpu_exporter_port": 9401},
        "c": {"gpu_exporter_address": "0.0.0.0", "ansible_host": "c.example"},  # noqa: S104  it is what people type
        "d": {},
    },
    "prometheus_exporters": ["a", "b", "c", "d"],
    "prometheus_webhooks": ['https://chat.example/"x"'],
    "prometheus_mail_to": ["lab@example.org"],
    "prometheus_mail_from": "gpu@example.org",
    "prometheus_mail_server": "mail.example.org:587",
    "prometheus_mail_user": "gpu",
    "prometheus_mail_password": 'a "b": {c}',
    "prometheus_scrape_configs": [{"job_name": "more"}],
    "__prometheus_own": {"files": []},
    "__prometheus_programs": {"results": []},
}


@pytest.fixture(scope="module")
def files() -> dict[str, Any]:
    """The files of the configuration, parsed, and the units' commands."""
    names = ("__prometheus_configuration", "__prometheus_services", "__prometheus_closed")
    configuration, services, closed = rendered_variables(
        [("prometheus", name, SAMPLES, NODE) for name in names]
    )
    found = {each["name"]: yaml.safe_load(each.get("content") or each["secret"]) for each in configuration}
    return {**found, "services": {each["name"]: each["content"] for each in services}, "closed": closed}


def known() -> set[str]:
    """All names that the exporter ever tells."""
    every = [name for name, _kind, _help, _value in cards.FIGURES]
    families = [
        *host.families(SNAPSHOT),
        host.age(1.0, "a"),
        *host.leases(LEASES, "a"),
        *cards.families(SNAPSHOT),
        *cards.families(type(SNAPSHOT)(taken_at=0, host="a", state="ok", cards=(CUT_UP,))),
    ]
    return {*every, *read_back(rendered(families)), *OTHERS}


def asked(loaded: object) -> Iterator[str]:
    """The expressions of rules or of a dashboard."""
    if isinstance(loaded, dict):
        yield from (value for key, value in loaded.items() if key == "expr")
        for value in loaded.values():
            yield from asked(value)
    elif isinstance(loaded, list):
        for value in loaded:
            yield from asked(value)


def metrics(expression: str) -> set[str]:
    return set(METRIC.findall(re.sub(r'"[^"]*"', "", expression)))


def test_rules_ask_for_nothing_that_is_not_told(files: dict[str, Any]) -> None:
    expressions = list(asked(files["rules/gpu.yml"]))
    assert len(expressions) > 15
    assert {name for each in expressions for name in metrics(each)} <= known()


def test_each_alert_says_how_grave_it_is_what_is_wrong_and_what_to_do(files: dict[str, Any]) -> None:
    rules = [rule for group in files["rules/gpu.yml"]["groups"] for rule in group["rules"]]
    assert {rule["labels"]["severity"] for rule in rules} == {"critical", "warning"}
    assert all({"summary", "action"} == rule["annotations"].keys() for rule in rules)


def test_what_is_inhibited_are_alerts_that_there_are(files: dict[str, Any]) -> None:
    alerts = {rule["alert"] for group in files["rules/gpu.yml"]["groups"] for rule in group["rules"]}
    named = set(
        re.findall(
            r"\b(?:Gpu|Host|Target)\w+(?![.\w])", json.dumps(files["alertmanager.yml"]["inhibit_rules"])
        )
    )
    assert named - {"Gpu", "GpuDriver", "Hostname"} <= alerts


def test_the_dashboard_can_be_imported_and_asks_for_nothing_that_is_not_told() -> None:
    dashboard = json.loads((ROLES / "prometheus/files/grafana-gpu.json").read_text(encoding="utf-8"))
    assert dashboard["schemaVersion"] >= 36
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers)
    expressions = list(asked(dashboard))
    assert {name for each in expressions for name in metrics(each)} <= known()
    queries = [each["query"]["query"] for each in dashboard["templating"]["list"] if each["type"] == "query"]
    assert {name for each in queries for name in metrics(each)} <= known()
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    assert all(x + w <= 24 for x, _y, w, _h in places)


def test_exporters_that_can_be_reached_are_scraped_and_the_others_are_named(files: dict[str, Any]) -> None:
    jobs = {job["job_name"]: job for job in files["prometheus.yml"]["scrape_configs"]}
    own, other, third = (jobs[f"gpu of {name}"] for name in "abc")
    assert own["static_configs"][0] == {"targets": ["127.0.0.1:9400"], "labels": {"instance": "lab-1"}}
    assert "basic_auth" not in own
    assert other["static_configs"][0]["targets"] == ["192.0.2.2:9401"]
    assert third["static_configs"][0]["targets"] == ["c.example:9400"]
    assert (other["scheme"], other["tls_config"]["server_name"]) == ("https", "gpu-exporter")
    assert other["basic_auth"]["password_file"] == "secrets/b.password"
    assert all(job["relabel_configs"][0]["replacement"] == "gpu" for job in (own, other, third))
    assert jobs["more"] == {"job_name": "more"}
    assert files["closed"] == ["d"]


def test_secrets_of_receivers_are_quoted_whatever_they_hold(files: dict[str, Any]) -> None:
    (receiver,) = files["alertmanager.yml"]["receivers"]
    assert receiver["webhook_configs"] == [{"url": 'https://chat.example/"x"'}]
    (mail,) = receiver["email_configs"]
    assert (mail["auth_password"], mail["require_tls"]) == ('a "b": {c}', True)


def test_all_of_it_listens_on_the_loopback_device(files: dict[str, Any]) -> None:
    assert len(files["services"]) == 3
    for name, content in files["services"].items():
        (command,) = re.findall(r"^ExecStart=(.*)$", content, re.MULTILINE)
        assert re.findall(r"--web.listen-address=(\S+):", command) == ["127.0.0.1"], name
        assert "User=prometheus\n" in content
        assert "ProtectSystem=strict\n" in content
    assert "--cluster.listen-address= " in files["services"]["prometheus-alertmanager.service"]


def test_the_tests_of_rules_name_every_alert_of_cards(files: dict[str, Any]) -> None:
    text = Path(ROLES / "prometheus/molecule/default/files/gpu-rules.test.yml").read_text(encoding="utf-8")
    tested = {each["alertname"] for test in yaml.safe_load(text)["tests"] for each in test["alert_rule_test"]}
    (gpu, _host) = files["rules/gpu.yml"]["groups"]
    assert {rule["alert"] for rule in gpu["rules"]} == tested
