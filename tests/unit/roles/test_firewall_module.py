"""The module of the firewall, called as Ansible calls it: what it writes, in which order, and what it takes away."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.orchestrate.gpu.plugins.module_utils import running
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall import network, rules, state
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import record
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import Owned
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import network_sockets
from ansible_collections.orchestrate.gpu.plugins.modules import firewall

from tests.unit.roles.firewall_wishes import wish
from tests.unit.roles.host_programs import Host, host_with_programs

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """A host with nftables whose files are all below one folder, and which has no sockets."""
    monkeypatch.setattr(running, "LOCKS", tmp_path)
    folder = tmp_path / "etc/orchestrate"
    places = {
        "FOLDER": folder,
        "RULES": folder / "firewall.nft",
        "ALL_RULES": folder / "firewall-all.nft",
        "DROP_INS": folder / "firewall.d",
        "UNIT_FILE": tmp_path / "orchestrate-firewall.service",
        "UNCONFIRMED": tmp_path / "unconfirmed.nft",
    }
    for name, path in places.items():
        monkeypatch.setattr(rules, name, path)
    monkeypatch.setattr(state, "FOLDERS", (folder, folder / "firewall.d"))
    monkeypatch.setattr(network, "UFW", tmp_path / "ufw.conf")
    monkeypatch.setattr(network_sockets, "PROC", tmp_path / "proc")
    monkeypatch.setattr(state, "JAIL", tmp_path / "jail.local")
    monkeypatch.setattr(state, "FORMER_RECORD", tmp_path / "state-of-firewall/packages")
    return host_with_programs(tmp_path, monkeypatch)


@pytest.fixture
def call(host: Host, capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls the module and returns its answer."""

    def called(given: dict[str, Any], *, check: bool = False) -> dict[str, Any]:
        with patch_module_args(given | {"_ansible_check_mode": check}), pytest.raises(SystemExit):
            firewall.main()
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    return called


def test_check_mode_shows_the_files_and_writes_none(tmp_path: Path, host: Host, call: Call) -> None:
    answer = call({"packages": ["nftables", "fail2ban"]}, check=True)
    assert answer["changed"]
    assert answer["done"][0] == "installed fail2ban"
    assert answer["diff"][0]["after"] == "fail2ban ?\n"
    assert answer["done"][-1] == "loaded the rules"
    assert [one["after_header"] for one in answer["diff"]] == [
        "packages",
        str(rules.RULES),
        str(rules.ALL_RULES),
        str(rules.UNIT_FILE),
    ]
    assert "policy drop" in answer["diff"][1]["after"]
    assert not answer["unconfirmed"]
    assert not rules.FOLDER.exists()
    assert not host.has("table")


def test_new_rules_are_nowhere_on_disk_before_they_are_confirmed(host: Host, call: Call) -> None:
    answer = call({"rollback_s": 20})
    assert answer["unconfirmed"]
    assert answer["new_rules"]
    assert host.has("table")
    assert host.has("timer")
    assert not rules.RULES.exists()
    assert host.called("nft --check") < host.called("systemd-run") < host.called("nft --file -")
    confirmed = call({"state": "confirmed"})
    assert confirmed["changed"]
    assert rules.RULES.exists()
    assert not host.has("timer")
    assert not rules.UNCONFIRMED.exists()
    again = call({})
    assert not again["changed"]
    assert not again["unconfirmed"]
    assert not again["new_rules"]


def test_what_somebody_changed_is_as_before_again(host: Host, call: Call) -> None:
    call({})
    call({"state": "confirmed"})
    rules.UNIT_FILE.write_text("[Unit]\n", encoding="utf-8")
    rules.DROP_INS.chmod(0o777)
    seen = call({}, check=True)
    assert seen["done"] == [f"made {rules.DROP_INS}", f"wrote {rules.UNIT_FILE}"]
    assert seen["diff"][0]["before"] == "[Unit]\n"
    assert call({})["done"] == [*seen["done"], f"reloaded {rules.UNIT}"]
    assert not call({})["changed"]


def test_rules_that_the_kernel_has_lost_are_proved_again(host: Host, call: Call) -> None:
    call({})
    call({"state": "confirmed"})
    (host.state / "table").unlink()
    assert call({})["unconfirmed"]


def test_rules_that_cannot_be_loaded_are_taken_back_at_once(host: Host, call: Call) -> None:
    host.say("broken")
    host.say("table")
    answer = call({})
    assert answer["failed"]
    assert "nft --file - failed: no such set\n  try: " in answer["msg"]
    assert not host.has("table")
    assert not host.has("timer")


def test_what_was_taken_back_is_not_confirmed(host: Host, call: Call) -> None:
    call({})
    rules.UNCONFIRMED.unlink()
    answer = call({"state": "confirmed"})
    assert answer["failed"]
    assert not rules.RULES.exists()


@pytest.mark.parametrize("check", [True, False])
def test_rules_that_shut_a_way_in_are_refused_before_anything_changes(
    host: Host, call: Call, check: bool
) -> None:
    answer = call({"names": ["gate"], "other_hosts": [["inner", "gate", 2222]]}, check=check)
    assert answer["failed"]
    assert answer["msg"].startswith("The inventory reaches inner (port 2222) at this host")
    assert not rules.FOLDER.exists()
    assert not host.has("timer")


@pytest.mark.parametrize("check", [True, False])
def test_an_active_firewall_of_another_kind_is_refused_with_a_way_out(
    host: Host, call: Call, *, check: bool
) -> None:
    network.UFW.write_text("# Set to yes to start on boot\nENABLED=yes\n", encoding="utf-8")
    answer = call({}, check=check)
    assert answer["failed"]
    assert answer["msg"].startswith("ufw is active on this host, and would shut what these rules open.")
    assert (
        "switch it off with `ufw disable`, as root, then run again; or leave this role out" in answer["msg"]
    )
    assert not host.has("table")
    host.say("firewalld", "active")
    assert "`ufw disable` and `systemctl disable --now firewalld`" in call({}, check=check)["msg"]


def test_ufw_that_is_installed_and_inactive_is_fine(call: Call) -> None:
    network.UFW.write_text("# ENABLED=yes\nENABLED=no\n", encoding="utf-8")
    assert call({})["unconfirmed"]


def test_nothing_stays_but_what_others_dropped_in(host: Host, call: Call) -> None:
    call({})
    call({"state": "confirmed"})
    theirs = rules.DROP_INS / "theirs.nft"
    theirs.touch()
    assert call({"state": "absent"}, check=True)["changed"]
    assert rules.RULES.exists()
    assert call({"state": "absent"})["changed"]
    assert theirs.exists()
    assert not rules.RULES.exists()
    assert not rules.UNIT_FILE.exists()
    assert not host.has("table")
    theirs.unlink()
    assert not call({"state": "absent"})["changed"]
    assert not rules.FOLDER.exists()


@pytest.mark.parametrize("text", ['["nftables", "gone"]', "nftables\ngone\n"], ids=["list", "lines"])
def test_packages_that_came_go_with_the_record_of_an_earlier_release(
    tmp_path: Path, host: Host, call: Call, text: str
) -> None:
    former = tmp_path / "state-of-firewall/packages"
    former.parent.mkdir()
    former.write_text(text, encoding="utf-8")
    host.say("spare", "Remv nftables [1.1.3-1]")
    seen = call({"state": "absent"}, check=True)
    assert (seen["done"], former.exists()) == (["removed nftables"], True)
    answer = call({"state": "absent"})
    assert answer["done"] == ["removed nftables"]
    assert (answer["removed_packages"], answer["needed_packages"]) == (["nftables"], [])
    assert not former.parent.exists()
    assert not call({"state": "absent"})["changed"]


def test_packages_that_something_needs_stay_and_are_named(host: Host, call: Call) -> None:
    record.write({"firewall": Owned(("nftables",), ("nftables",))})
    host.say("needed", "Remv libvirt [1]")
    answer = call({"state": "absent"})
    assert (answer["removed_packages"], answer["needed_packages"]) == ([], ["nftables"])
    assert record.read("firewall") == {}


def test_networks_are_matched_by_their_family_and_comments_say_why() -> None:
    opened = {"ports": ["60000-61000", "8000"], "protocol": "udp", "from": "2001:db8::/32", "why": "Mosh"}
    text = rules.render(wish(ssh_ports=(22, 2222), ssh_from=("10.0.0.0/8", "fd00::/8"), allow=(opened,)))
    assert text.endswith(
        '    ip saddr 10.0.0.0/8 tcp dport { 22, 2222 } accept comment "SSH"\n'
        '    ip6 saddr fd00::/8 tcp dport { 22, 2222 } accept comment "SSH"\n'
        '    ip6 saddr 2001:db8::/32 udp dport { 60000-61000, 8000 } accept comment "Mosh"\n'
        "  }\n}\n"
    )
    assert "set ssh_ipv4" not in text


def test_a_limit_of_connections_is_kept_for_each_family() -> None:
    text = rules.render(wish(ssh_rate=40))
    for family, field in (("ipv4", "ip"), ("ipv6", "ip6")):
        assert f"  set ssh_{family} {{\n    type {family}_addr\n" in text
        assert (
            f"add @ssh_{family} {{ {field} saddr limit rate over 40/minute burst 40 packets }} drop" in text
        )
