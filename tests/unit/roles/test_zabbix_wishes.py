"""What a Zabbix server shall watch, beside what it has: decided without asking anybody."""

from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix import alerts
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix.wishes import (
    MARK,
    Host,
    Shared,
    changes,
    created,
    differences,
    is_ours,
)

SHARED = Shared(["4"], ["70", "71"], {"NVIDIA.TEMPERATURE.CRIT": "85"})
WEBHOOK: dict[str, Any] = {"name": "chat", "severity": "high", "url": "https://chat.example.org/hook"}
MAIL: dict[str, Any] = {
    "name": "us",
    "severity": "warning",
    "url": None,
    "mail_to": ["ops@example.org"],
    "mail_from": "zabbix@example.org",
    "smtp_server": "mail.example.org",
    "smtp_port": 587,
    "smtp_helo": None,
    "smtp_security": "starttls",
    "smtp_user": "zabbix",
    "smtp_password": "only for this test",
}


def host(**other: Any) -> Host:
    return Host(
        **{
            "name": "gpu-1",
            "address": "192.0.2.7",
            "port": 10050,
            "psk_identity": "gpu-1 1",
            "psk": "00ff",
            **other,
        }
    )


def told(wanted: Host, **other: Any) -> dict[str, Any]:
    """The host as Zabbix tells of one that was just made, without its key."""
    made = created(wanted, SHARED)
    return {
        **{name: value for name, value in made.items() if not name.startswith("tls_psk")},
        "interfaces": [{"interfaceid": "9", **made["interfaces"][0]}],
        **other,
    }


def test_a_host_is_registered_with_an_encrypted_connection_and_our_mark() -> None:
    made = created(host(), SHARED)
    assert (made["tls_connect"], made["tls_accept"], made["tls_psk"]) == ("2", "2", "00ff")
    assert made["interfaces"] == [
        {"type": "1", "main": "1", "useip": "1", "ip": "192.0.2.7", "dns": "", "port": "10050"}
    ]
    assert made["macros"] == [{"macro": "{$NVIDIA.TEMPERATURE.CRIT}", "value": "85"}]
    assert is_ours(told(host()))
    assert not is_ours(told(host(), tags=[{"tag": "managed-by", "value": "me"}]))


@pytest.mark.parametrize(
    ("address", "by_name"), [("192.0.2.7", False), ("2001:db8::7", False), ("gpu1.example.org", True)]
)
def test_an_address_is_an_address_and_a_name_a_name(address: str, by_name: bool) -> None:
    interface = host(address=address).interface
    assert (interface["useip"] == "0", interface["dns"] == address) == (by_name, by_name)


def test_what_is_as_it_shall_be_is_not_changed() -> None:
    assert changes(host(), SHARED, told(host())) == {}


def test_another_key_is_seen_by_its_name_and_sent() -> None:
    changed = changes(host(psk_identity="gpu-1 2", psk="aaaa"), SHARED, told(host()))
    assert (changed["tls_psk_identity"], changed["tls_psk"]) == ("gpu-1 2", "aaaa")
    assert set(changed) == {"description", "tls_connect", "tls_accept", "tls_psk_identity", "tls_psk"}


def test_a_host_whose_encryption_was_switched_off_gets_it_back() -> None:
    assert changes(host(), SHARED, told(host(), tls_connect="1"))["tls_connect"] == "2"


def test_another_address_changes_the_interface_that_is_there() -> None:
    (interface,) = changes(host(address="192.0.2.8"), SHARED, told(host()))["interfaces"]
    assert (interface["interfaceid"], interface["ip"]) == ("9", "192.0.2.8")


def test_what_somebody_gave_to_the_host_stays() -> None:
    seen = told(
        host(),
        groups=[{"groupid": "4"}, {"groupid": "5"}],
        templates=[{"templateid": "80"}],
        macros=[{"macro": "{$OTHER}", "value": "1"}],
        tags=[MARK, {"tag": "room", "value": "7"}],
    )
    changed = changes(host(), SHARED, seen)
    assert changed == {
        "templates": [{"templateid": "80"}, {"templateid": "70"}, {"templateid": "71"}],
        "macros": [
            {"macro": "{$NVIDIA.TEMPERATURE.CRIT}", "value": "85"},
            {"macro": "{$OTHER}", "value": "1"},
        ],
    }


def test_what_an_import_would_change_is_told_by_kind_and_number() -> None:
    inner = {"items": {"added": [{"after": {}}, {"after": {}}]}, "before": {"items": {}}, "after": {}}
    compared = {"templates": {"updated": [inner]}, "groups": {"added": [{"after": {}}]}}
    assert differences(compared) == ["groups added: 1", "items added: 2", "templates updated: 1"]
    assert differences([]) == []


def test_a_webhook_gets_json_and_not_its_own_address() -> None:
    made = alerts.media_type(WEBHOOK, (7, 0))
    assert made["type"] == "4"
    assert "delete told.url;" in made["script"]
    assert made["parameters"][0] == {"name": "url", "value": WEBHOOK["url"]}


@pytest.mark.parametrize(("version", "key"), [((6, 0), "content_type"), ((7, 0), "message_format")])
def test_mail_is_plain_text_in_the_words_of_each_release(version: tuple[int, int], key: str) -> None:
    made = alerts.media_type(MAIL, version)
    assert {"content_type", "message_format"} & set(made) == {key}
    assert (made["smtp_security"], made["smtp_authentication"], made[key]) == ("1", "1", "0")


def test_another_password_makes_another_description_that_does_not_hold_it() -> None:
    one, other = (alerts.description({**MAIL, "smtp_password": word}) for word in ("one word", "another"))
    assert one != other
    assert "one word" not in one


def test_only_what_is_grave_enough_is_told() -> None:
    assert alerts.medium(WEBHOOK, "3")["severity"] == str(0b110000)
    (condition,) = alerts.action(MAIL, "3", "1")["filter"]["conditions"]
    assert condition["value"] == "2"
    assert alerts.medium(MAIL, "3")["sendto"] == ["ops@example.org"]
