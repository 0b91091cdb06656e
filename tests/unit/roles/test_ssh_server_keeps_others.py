"""Who comes in through the host, and is kept or named before new settings of sshd shut them out. Data in, words out."""

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access import effects
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import sessions

from tests.unit.roles.ssh_hosts import SETTINGS, facts, listing, reasons, wish


@pytest.mark.parametrize(
    ("forward", "after", "keeps"),
    [
        (
            ("listener", "0.0.0.0:2222", True),
            (),
            "ssh_server_allow_tcp_forwarding: all and ssh_server_gateway_ports",
        ),
        (("listener", "127.0.0.1:2222", False), (), "ssh_server_allow_tcp_forwarding: all"),
        (
            ("connection", "10.0.0.9:22", False),
            ("allowtcpforwarding no",),
            "ssh_server_allow_tcp_forwarding: local",
        ),
        (("device", "tun0", False), (), "ssh_server_permit_tunnel: point-to-point"),
    ],
    ids=["public", "loopback", "jump", "network"],
)
def test_what_sessions_carry_for_others_is_kept_or_the_role_refuses(
    forward: tuple[str, str, bool], after: tuple[str, ...], keeps: str
) -> None:
    kind, what, public = forward
    carried = sessions.Forward(kind, "tunnel", "10.0.0.8", 50000, what, public)
    settings = listing(SETTINGS, *after)
    seen = facts(forwards=((carried, settings),))
    said = reasons(wish(), seen)["forwards"]
    assert what in said
    assert keeps in said
    assert reasons(wish(accept=("forwards",)), seen) == {}
    kept = listing(
        SETTINGS, "allowtcpforwarding yes", "gatewayports clientspecified", "permittunnel point-to-point"
    )
    assert reasons(wish(), facts(forwards=((carried, kept),))) == {}


def test_an_account_that_carries_a_tunnel_keeps_its_own_way_in() -> None:
    carried = sessions.Forward("connection", "jump", "10.0.0.8", 50000, "10.0.0.9:22", False)
    seen = facts(forwards=((carried, listing(SETTINGS, "allowusers admin")),))
    assert "jump" in reasons(wish(), seen)["forwards"]
    by_password = facts(forwards=((carried, listing()),), methods={50000: "password"})
    assert "logged in by password" in reasons(wish(), by_password)["forwards"]


@pytest.mark.parametrize(
    "options",
    [
        "-o ProxyJump=ada@gpu1",
        "-J gate,gpu1:2222",
        "-o 'ProxyCommand=ssh -W %h:%p -q admin@10.0.0.5'",
        "-o ProxyJump=ssh://10.0.0.5",
    ],
)
def test_hosts_of_the_inventory_behind_this_one_are_kept(options: str) -> None:
    asked = wish(ssh_options=(("gpu2", options),))
    assert effects.dependents(asked, facts()) == ("gpu2",)
    assert reasons(asked, facts()) == {}
    limited = facts(predicted=listing(SETTINGS, "allowtcpforwarding no"), wanted=())
    assert "reaches gpu2 through this host" in reasons(asked, limited)["forwards"]
    assert effects.dependents(wish(ssh_options=(("gpu2", "-J elsewhere"),)), facts()) == ()
