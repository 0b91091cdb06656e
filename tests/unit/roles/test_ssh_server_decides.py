"""Whom new settings of sshd would lock out, and what the role then says. Data in, words out."""

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access import effects
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import Server
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import settings as config

from tests.unit.roles.ssh_hosts import (
    MAIN,
    OWN,
    SETTINGS,
    facts,
    listing,
    operator,
    reasons,
    wish,
)


def test_nothing_stands_against_a_plain_host() -> None:
    assert reasons(wish(), facts()) == {}
    assert [*effects.notes(wish(), facts())] == []


@pytest.mark.parametrize(
    ("who", "after", "name", "said"),
    [
        ({"has_key": False}, (), "key", "admin has no key in ~/.ssh/authorized_keys"),
        ({"method": "password"}, (), "key", "This connection logged in by password"),
        (
            {"method": "keyboard-interactive/pam"},
            (),
            "key",
            "name the private key in ansible_ssh_private_key_file",
        ),
        ({"user": "root"}, (), "root", "This connection is root's, and ssh_server_permit_root_login is no"),
        ({}, ("allowusers ada",), "allow_users", "ssh_server_allow_users is ada, without admin"),
        ({}, ("denyusers a*",), "allow_users", "DenyUsers in sshd's settings keeps out admin"),
        ({}, ("allowgroups ssh",), "allow_users", "AllowGroups in sshd's settings keeps out admin"),
        (
            {},
            ("authenticationmethods publickey,keyboard-interactive",),
            "authentication_methods",
            "keyboard-interactive would be off: nobody could log in",
        ),
    ],
    ids=["no-key", "password", "pam", "root", "not-listed", "denied", "group", "second-factor"],
)
def test_an_operator_who_would_be_shut_out_is_told_before(
    who: dict[str, Any], after: tuple[str, ...], name: str, said: str
) -> None:
    found = reasons(wish(), facts(operator=operator(**who), predicted=listing(SETTINGS, *after)))
    assert list(found) == [name]
    assert said in found[name]


@pytest.mark.parametrize(
    "after",
    [
        ("allowusers adm?n",),
        ("allowusers admin@10.0.0.0/8",),
        ("allowusers *",),
        ("authenticationmethods publickey",),
        ("authenticationmethods publickey,password publickey",),
        ("passwordauthentication yes",),
    ],
)
def test_an_operator_who_keeps_a_way_in_is_not_stopped(after: tuple[str, ...]) -> None:
    has_key = after != ("passwordauthentication yes",)
    seen = facts(operator=operator(has_key=has_key), predicted=listing(SETTINGS, *after), wanted=())
    assert reasons(wish(settings=""), seen) == {}


def test_settings_that_sshd_would_not_read_are_refused_with_the_missing_line() -> None:
    seen = facts(
        files=((MAIN, "PasswordAuthentication no\n"),),
        predicted=listing("", "loglevel INFO", "allowtcpforwarding yes"),
    )
    said = reasons(wish(), seen)["include"]
    assert "no line `Include /etc/ssh/sshd_config.d/*.conf`" in said
    assert "loglevel INFO" in said
    assert "ssh_server_add_include: true" in said


@pytest.mark.parametrize(
    "value", ["/etc/ssh/sshd_config.d/*.conf", "sshd_config.d/*", '"/etc/ssh/sshd_config.d/*.conf"', OWN]
)
def test_every_way_to_write_the_include_is_known(value: str) -> None:
    assert config.includes(f"UsePAM yes\ninclude {value}\n", Path(OWN))


def test_the_line_is_added_only_where_it_was_asked_for_and_is_missing() -> None:
    bare = facts(files=((MAIN, "UsePAM yes\n"),))
    assert effects.needs_include(wish(add_include=True), bare)
    assert not effects.needs_include(wish(), bare)
    assert not effects.needs_include(wish(add_include=True), facts())
    assert not effects.needs_include(wish(add_include=True, settings=""), bare)


def test_a_setting_before_the_include_is_named_with_its_line() -> None:
    seen = facts(
        files=((MAIN, "LogLevel DEBUG\nInclude /etc/ssh/sshd_config.d/*.conf\n"),),
        predicted=listing(SETTINGS, "loglevel DEBUG"),
    )
    assert f"{MAIN} line 1: loglevel DEBUG" in reasons(wish(), seen)["order"]


def test_openssh_words_for_the_same_value_are_no_difference() -> None:
    wanted = tuple(config.parse_file(OWN, "PermitRootLogin prohibit-password\nAllowTcpForwarding all\n"))
    seen = facts(
        wanted=wanted, predicted=listing("", "permitrootlogin without-password", "allowtcpforwarding yes")
    )
    assert reasons(wish(), seen) == {}


MATCH = "Match Address 10.1.0.0/16\n  PasswordAuthentication yes\n  PermitRootLogin yes\nMatch all\n"


def test_match_blocks_that_let_in_what_the_role_keeps_out_are_refused_by_name_and_can_be_accepted() -> None:
    seen = facts(files=((MAIN, "Include /etc/ssh/sshd_config.d/*.conf\n" + MATCH),))
    said = reasons(wish(), seen)["match_blocks"]
    assert f"{MAIN} line 3, Match Address 10.1.0.0/16: passwordauthentication yes" in said
    assert "line 4, Match Address 10.1.0.0/16: permitrootlogin yes" in said
    assert "ssh_server_accept: [match_blocks]" in said
    assert reasons(wish(accept=("match_blocks",)), seen) == {}
    assert "as accepted" in next(effects.notes(wish(accept=("match_blocks",)), seen))


def test_a_match_block_that_holds_for_the_operator_is_refused_as_such() -> None:
    own = listing(SETTINGS, "passwordauthentication yes", "permitrootlogin yes")
    seen = facts(files=((MAIN, f"Include {OWN}\n{MATCH}"),), predicted=own, general=listing())
    assert list(reasons(wish(), seen)) == ["match_blocks"]
    assert reasons(wish(accept=("match_blocks",)), seen) == {}


@pytest.mark.parametrize(
    ("block", "refused"),
    [
        ("Match all\n  PasswordAuthentication yes\n", True),
        ("Match User sftp\n  PasswordAuthentication no\n  AllowTcpForwarding no\n", False),
        ("Match Group old\n  ChallengeResponseAuthentication yes\n", True),
        ("match user ada\n\tpermitemptypasswords=yes\n", True),
        ("Match LocalPort 2222\n  PermitRootLogin prohibit-password\n", True),
        ("Match User ada\n  AllowTcpForwarding yes\n", False),
        ("#Match User ada\n#  PasswordAuthentication yes\n", False),
    ],
    ids=["all", "stricter", "older-name", "small-letters", "root-key", "forwarding", "comment"],
)
def test_only_blocks_that_let_in_more_stand_against_the_role(block: str, refused: bool) -> None:
    assert ("match_blocks" in reasons(wish(), facts(files=((MAIN, f"Include {OWN}\n{block}"),)))) is refused


def test_blocks_that_forward_more_are_said() -> None:
    seen = facts(files=((MAIN, f"Include {OWN}\nMatch User ada\n  AllowTcpForwarding yes\n"),))
    assert "Match blocks forward more" in next(effects.notes(wish(), seen))


def test_users_that_sshd_config_lets_in_besides_the_roles_list_are_named() -> None:
    seen = facts(
        files=((MAIN, f"Include {OWN}\nAllowUsers old\n"),),
        wanted=tuple(config.parse_file(OWN, "AllowUsers admin\n")),
        predicted=listing(SETTINGS, "allowusers admin", "allowusers old"),
    )
    assert "old would be let in too" in reasons(wish(), seen)["match_blocks"]


@pytest.mark.parametrize("program", ["dropbear", ""])
def test_a_connection_that_another_server_serves_proves_nothing(program: str) -> None:
    seen = facts(server=Server(program=program))
    assert "ssh_server_accept: [other_server]" in reasons(wish(), seen)["other_server"]
    assert reasons(wish(accept=("other_server",)), seen) == {}
    assert reasons(wish(local=True), seen) == {}


def test_a_server_with_a_file_of_its_own_is_refused() -> None:
    seen = facts(server=Server(program="sshd", unit="sshd-two.service", other_file="/etc/ssh/two"))
    assert "sshd-two.service" in reasons(wish(), seen)["other_server"]


@pytest.mark.parametrize(
    ("address", "places", "refused"),
    [
        ("10.0.0.5", ("listenaddress 10.0.0.5:22",), False),
        ("10.0.0.5", ("listenaddress 10.9.0.1:22",), True),
        ("10.0.0.5", ("listenaddress 0.0.0.0:2222", "port 2222"), True),
        ("2001:db8::5", ("listenaddress [::]:22",), False),
    ],
    ids=["kept", "address", "port-not-loaded", "ipv6"],
)
def test_settings_that_were_changed_and_never_loaded_do_not_close_the_port_in_use(
    address: str, places: tuple[str, ...], refused: bool
) -> None:
    seen = facts(operator=operator(address=address), predicted=listing(SETTINGS, *places))
    assert ("listen" in reasons(wish(), seen)) is refused


def test_a_way_in_through_a_program_of_the_host_is_said() -> None:
    (said,) = effects.notes(wish(), facts(operator=operator(client="127.0.0.1", through="ssh")))
    assert "through ssh on the host itself" in said
