"""What role vnc makes of the versions of a distribution and of a user's name, as files. Starts no desktop."""

from typing import Any

import pytest

from tests.unit.roles.rendered import rendered_variables

HOST = {
    "__vnc_listed": {"accounts": {"anna.b": {"uid": 1001, "home": "/home/anna.b"}}},
    "vnc_users": [{"name": "anna.b"}],
    "vnc_gl": "off",
}
DISTRIBUTIONS = {
    "debian-12": {"distribution": "Debian", "distribution_major_version": "12"},
    "debian-13": {"distribution": "Debian", "distribution_major_version": "13"},
    "ubuntu-22.04": {"distribution": "Ubuntu", "distribution_version": "22.04"},
    "ubuntu-24.04": {"distribution": "Ubuntu", "distribution_version": "24.04"},
    "ubuntu-26.04": {"distribution": "Ubuntu", "distribution_version": "26.04"},
}
WANTED = ("__vnc_unit_wishes", "__vnc_snippet", "__vnc_snaps")


@pytest.fixture(scope="module")
def written() -> dict[str, list[Any]]:
    """The units, NGINX's snippet and the names of packages that are snaps, by distribution."""
    wanted = [("vnc", name, HOST, facts) for facts in DISTRIBUTIONS.values() for name in WANTED]
    values = rendered_variables(wanted)
    return {each: values[3 * at : 3 * at + 3] for at, each in enumerate(DISTRIBUTIONS)}


@pytest.mark.parametrize(
    ("distribution", "passes_cards_on", "socket_path", "snaps"),
    [
        ("debian-12", False, "desktop/anna.b/websockify", False),
        ("debian-13", True, "/desktop/anna.b/websockify", False),
        ("ubuntu-22.04", False, "desktop/anna.b/websockify", True),
        ("ubuntu-24.04", False, "desktop/anna.b/websockify", True),
        ("ubuntu-26.04", True, "/desktop/anna.b/websockify", True),
    ],
)
def test_a_desktop_is_started_and_reached_as_the_distributions_versions_have_it(
    written: dict[str, list[Any]], distribution: str, passes_cards_on: bool, socket_path: str, snaps: bool
) -> None:
    units, snippet, named = written[distribution]
    server = next(unit["content"] for unit in units if unit["name"] == "orchestrate-vnc@anna.b.service")
    # A server that knows no cards does not know the option that keeps them from programs, either.
    assert ('-rendernode ""' in server) == passes_cards_on
    assert f"&path={socket_path};" in snippet
    assert ("firefox" in named) == snaps


def test_a_dot_in_a_users_name_is_a_dot_in_units_and_in_nothing_but_that_users_addresses(
    written: dict[str, list[Any]],
) -> None:
    units, snippet, _snaps = written["ubuntu-24.04"]
    assert [unit["name"] for unit in units] == [
        "orchestrate-vnc@anna.b.service",
        "orchestrate-vnc-session@anna.b.service",
        "orchestrate-vnc-web@anna.b.service",
    ]
    assert "User=anna.b\n" in units[0]["content"]
    assert snippet.count(r'if ($remote_user !~ "^(anna\.b)?$") { return 403; }') == 3
    assert "location /desktop/anna.b/ {" in snippet
