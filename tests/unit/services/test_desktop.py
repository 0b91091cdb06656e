"""Which desktop is meant, and where its password lies."""

import json

import pytest

from orchestrator.errors import GarbledAnswerError, OrchestrateError, UsageError
from orchestrator.remote import Completed
from orchestrator.services import desktop_of, password_of, text_of
from tests.unit.builders import ScriptedShell, completed

UP = "orchestrate up --name lab"


def offering(*users: str) -> ScriptedShell:
    """A host with desktops for these users."""
    said = {"users": {user: {"port": 5901 + number} for number, user in enumerate(users)}}
    return ScriptedShell(lambda _: completed(json.dumps(said)))


def test_the_desktop_is_that_of_the_user_who_logs_in() -> None:
    found = desktop_of(offering("alice", "admin"), "lab-1", user=None, login="admin", up=UP)
    assert (found.user, found.port) == ("admin", 5902)


def test_the_only_desktop_is_meant_also_by_somebody_else() -> None:
    assert desktop_of(offering("alice"), "lab-1", user=None, login="admin", up=UP).user == "alice"


def test_a_user_is_chosen_by_name() -> None:
    assert desktop_of(offering("alice", "admin"), "lab-1", user="alice", login="admin", up=UP).port == 5901


@pytest.mark.parametrize(
    ("user", "cause"),
    [
        ("carol", "carol has no desktop on lab-1"),
        (None, "lab-1 has several desktops, and admin has none"),
    ],
)
def test_who_has_no_desktop_hears_who_has(user: str | None, cause: str) -> None:
    with pytest.raises(UsageError, match=cause) as refused:
        desktop_of(offering("bob", "alice"), "lab-1", user=user, login="admin", up=UP)
    assert refused.value.hint == "--user with one of alice, bob"


@pytest.mark.parametrize("answer", [completed(exit_code=1), completed('{"users": {}}')])
def test_a_host_without_desktops_says_what_brings_one(answer: Completed) -> None:
    with pytest.raises(UsageError, match="the desktop is not installed on lab-1") as refused:
        desktop_of(ScriptedShell(lambda _: answer), "lab-1", user=None, login="admin", up=UP)
    assert refused.value.hint == "orchestrate up --name lab --with desktop"


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"users": [1]}', '{"users": {"alice": {}}}'])
def test_a_file_that_no_role_wrote_is_named(text: str) -> None:
    with pytest.raises(GarbledAnswerError, match=r"lab-1: /etc/orchestrate/desktop\.json cannot be read"):
        desktop_of(ScriptedShell(lambda _: completed(text)), "lab-1", user=None, login="admin", up=UP)


def test_ones_own_password_is_read_without_root_and_anothers_as_that_user() -> None:
    assert password_of("vnc", user="admin", login="admin").argv == ("cat", ".config/orchestrate/vnc-password")
    others = password_of("vnc", user="alice", login="admin")
    assert others.argv == ("sudo", "-n", "-i", "-u", "alice", "cat", ".config/orchestrate/vnc-password")
    assert others.path == "~alice/.config/orchestrate/vnc-password"


def test_what_a_login_script_prints_is_no_part_of_the_password() -> None:
    shell = ScriptedShell(lambda _: completed("Welcome\nlabpass1\n"))
    assert text_of(password_of("vnc", user="a", login="a"), shell, "lab-1") == "labpass1"


@pytest.mark.parametrize("answer", [completed(exit_code=1, stderr="Permission denied"), completed("\n")])
def test_a_password_that_cannot_be_read_is_named_by_its_file(answer: Completed) -> None:
    password = password_of("web", user="alice", login="admin")
    with pytest.raises(OrchestrateError, match=r"~alice/\.config/orchestrate/web-password on lab-1"):
        text_of(password, ScriptedShell(lambda _: answer), "lab-1")
