"""The configuration of a Zabbix server through its API: brought about once, and left alone then."""

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.orchestrate.gpu.plugins.module_utils import running
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix.api import Api, by_socket
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix.state import Wish, bring_about
from ansible_collections.orchestrate.gpu.plugins.modules import zabbix_configuration

from tests.unit.roles.test_zabbix_wishes import MAIL, WEBHOOK, host
from tests.unit.roles.zabbix_server import PASSWORD, Server, php

TEMPLATES = {"6.0": "the old one", "7.0": "the new one"}
LINKED = ("NVIDIA GPU by gpuhost", "Linux by Zabbix agent")


def wish(**other: Any) -> Wish:
    return Wish(
        **{
            "user": "Admin",
            "templates": TEMPLATES,
            "linked": LINKED,
            "group": "GPU hosts",
            "hosts": [host()],
            "alerts": [WEBHOOK, MAIL],
            **other,
        }
    )


def session(server: Server) -> Api:
    api = Api(server.send)
    api.login("Admin", PASSWORD)
    return api


@pytest.fixture
def server() -> Server:
    return Server()


def test_all_of_it_is_brought_about_at_once_and_the_second_time_nothing_is_done(server: Server) -> None:
    done = bring_about(session(server), wish(), write=True).done
    assert done == [
        "imported the template (templates updated: 1)",
        "made the group GPU hosts",
        "registered gpu-1",
        "set up the alert orchestrate: chat",
        "set up the alert orchestrate: us",
    ]
    (watched,) = server.things["host"].values()
    assert [each["templateid"] for each in watched["templates"]] == ["11", "10"]
    assert len(server.things["user"]["1"]["medias"]) == len(server.things["action"]) == 2
    before = list(server.calls)
    assert bring_about(session(server), wish(), write=True).done == []
    assert server.calls == before


def test_check_mode_says_the_same_and_changes_nothing(server: Server) -> None:
    said = bring_about(session(server), wish(), write=False).done
    assert server.calls == []
    assert said == bring_about(session(server), wish(), write=True).done


@pytest.mark.parametrize(
    ("version", "taken"), [("6.0.14", "the old one"), ("6.4.1", "the old one"), ("7.4.0", "the new one")]
)
def test_the_newest_template_that_the_server_knows_is_taken(version: str, taken: str) -> None:
    server = Server(version)
    for each in server.things["host"].values():
        each["groups"] = each["hostgroups"]
    bring_about(session(server), wish(hosts=[]), write=True)
    assert server.imported == taken


def test_a_host_that_is_listed_no_more_goes_and_one_of_somebody_else_stays(server: Server) -> None:
    bring_about(session(server), wish(), write=True)
    server.things["host"]["9"] = {"hostid": "9", "host": "theirs", "tags": [], "parentTemplates": []}
    assert bring_about(session(server), wish(hosts=[]), write=True).done == ["removed gpu-1"]
    assert [each["host"] for each in server.things["host"].values()] == ["theirs"]


def test_a_host_of_somebody_else_with_the_same_name_is_refused(server: Server) -> None:
    server.things["host"]["9"] = {"hostid": "9", "host": "gpu-1", "tags": []}
    with pytest.raises(HostError, match="gpu-1 that was not registered here"):
        bring_about(session(server), wish(), write=True)


def test_another_key_of_a_host_is_told_and_said(server: Server) -> None:
    bring_about(session(server), wish(), write=True)
    changed = bring_about(session(server), wish(hosts=[host(psk_identity="gpu-1 2", psk="ff")]), write=True)
    assert changed.done == ["changed gpu-1 (key)"]


def test_an_alert_that_changes_is_made_anew_and_the_media_of_others_stay(server: Server) -> None:
    theirs = {"mediatypeid": "1", "sendto": ["a"], "active": "0", "severity": "63", "period": "1-7"}
    server.things["user"]["1"]["medias"] = [{"mediaid": "5", **theirs}]
    bring_about(session(server), wish(), write=True)
    louder = {**WEBHOOK, "severity": "average"}
    done = bring_about(session(server), wish(alerts=[louder]), write=True).done
    assert done == ["set up the alert orchestrate: chat", "removed the alert orchestrate: us"]
    assert theirs in server.things["user"]["1"]["medias"]
    assert len(server.things["user"]["1"]["medias"]) == 2
    assert [each["name"] for each in server.things["mediatype"].values()] == ["orchestrate: chat"]


def test_the_host_that_zabbix_comes_with_asks_no_agent(server: Server) -> None:
    health = {"templateid": "20", "host": "Zabbix server health"}
    server.things["host"]["9"] = {
        "hostid": "9",
        "host": "Zabbix server",
        "tags": [],
        "parentTemplates": [health, {"templateid": "10", "host": "Linux by Zabbix agent"}],
    }
    assert "had Zabbix server ask no agent" in bring_about(session(server), wish(), write=True).done
    assert server.things["host"]["9"]["templates_clear"] == [{"templateid": "10"}]


def test_a_session_goes_where_the_release_looks_for_it() -> None:
    for version, in_header in (("6.0.14", False), ("7.0.22", True)):
        server = Server(version)
        session(server).call("host.get", {})
        assert ("auth" not in server.asked[-1], "Authorization" in server.headers[-1]) == (
            in_header,
            in_header,
        )


def test_a_release_that_is_too_old_and_a_wrong_password_are_told_with_what_to_do() -> None:
    with pytest.raises(HostError, match=r"this Zabbix is 5\.0\.17"):
        Api(Server("5.0.17").send)
    api = Api(Server().send)
    with pytest.raises(HostError, match="write the password that counts") as refused:
        api.login("Admin", "zabbix")
    assert "'zabbix'" not in str(refused.value).replace("No 'zabbix'", "")


def test_the_frontend_is_asked_at_its_socket_without_a_web_server(tmp_path: Path) -> None:
    answer = b'Content-Type: application/json\r\n\r\n{"result": "6.0.14"}'
    with php(tmp_path, answer) as (place, got):
        assert Api(by_socket(place, Path("/usr/share/zabbix/api_jsonrpc.php"))).version == (6, 0)
    assert b"SCRIPT_FILENAME/usr/share/zabbix/api_jsonrpc.php" in got[0]
    assert b"apiinfo.version" in got[0]


def test_what_is_no_answer_of_the_api_is_shown(tmp_path: Path) -> None:
    with (
        php(tmp_path, b"Status: 500\r\n\r\nPHP Fatal error") as (place, _got),
        pytest.raises(HostError, match="PHP Fatal error"),
    ):
        Api(by_socket(place, Path("/api.php")))


def test_a_frontend_that_is_not_there_is_told_with_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="journalctl -u orchestrate-zabbix-frontend"):
        Api(by_socket(tmp_path / "none.sock", Path("/api.php")))


@pytest.mark.parametrize(
    ("alert", "refused"),
    [
        ({"name": "chat", "url": "https://chat.example.org/hook"}, ""),
        ({"name": "us", "mail_to": ["a@example.org"], "mail_from": "b@example.org"}, ""),
        ({"name": "us", "mail_to": ["a@example.org"]}, "mail_from"),
        ({"name": "us"}, "one of the following is required: url, mail_to"),
    ],
)
def test_an_alert_has_an_address_of_a_webhook_or_of_mail(
    alert: dict[str, Any],
    refused: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(running, "LOCKS", tmp_path)
    given = {
        "url": "https://zabbix.example.org/api",
        "password_file": str(tmp_path / "none"),
        "alerts": [alert],
    }
    with patch_module_args({**given, "_ansible_check_mode": True}), pytest.raises(SystemExit):
        zabbix_configuration.main()
    answer = json.loads(capsys.readouterr().out)
    assert bool(refused) is answer.get("failed", False)
    assert refused in answer.get("msg", "")
    assert "chat.example.org" not in str(answer), "who has the address of a webhook can write there"
