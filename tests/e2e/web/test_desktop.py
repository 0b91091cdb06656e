"""A host with a desktop, seen through `orchestrate desktop` alone: no web server, no port but SSH."""

import json
import socket

import psutil
import pytest
from PIL import Image

from orchestrator.errors import ExitCode
from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import User
from tests.e2e.web.marker import draw_marker, marked_share

pytestmark = pytest.mark.containers

FLEET = "roles: [base, ssh_server, vnc]"
PASSWORD = ".config/orchestrate/vnc-password"
XFCE = ("xfwm4", "xfce4-panel", "xfsettingsd", "xfdesktop")
SHOWN_S = 120


def test_the_desktop_is_xfce_and_what_is_drawn_on_it_is_in_the_picture(owner: User) -> None:
    wait_for("Xfce", lambda: has_all_of_xfce(owner), timeout_s=SHOWN_S)
    draw_marker(owner)
    wait_for("the marker", lambda: shows_the_marker(owner), timeout_s=SHOWN_S)


def test_roles_that_are_applied_again_change_nothing(owner: User) -> None:
    again = owner.run("up", "--no-validate", "--full")
    assert again.code == 0, again.err
    assert "changed=0" in again.out


def test_the_desktop_answers_here_and_nowhere_else(owner: User) -> None:
    with owner.running("desktop", "--json") as command:
        command.wait_until_it_says("}\n")
        told = json.loads(command.said)
        assert "password" not in told
        assert listening_addresses(told["port"]) == {"127.0.0.1"}
        assert command.press_ctrl_c() == ExitCode.INTERRUPTED
    address = owner.run("ssh", owner.fleet, "--", "hostname", "-I").out.split()[0]
    for port in (5901, 5801, 6001, 6081):
        with pytest.raises(OSError, match=r"refused|timed out"):
            socket.create_connection((address, port), timeout=2)


def test_a_wrong_password_is_refused_and_the_right_one_is_let_in_again(owner: User) -> None:
    right = on_host(owner, "cat", PASSWORD)
    assert len(right) == 8
    on_host(owner, "sh", "-c", 'printf "wrong-1\\n" > "$1"', "sh", PASSWORD)
    try:
        refused = owner.run("desktop", "--view", "refused.png")
    finally:
        on_host(owner, "sh", "-c", 'printf "%s\\n" "$2" > "$1"', "sh", PASSWORD, right)
    assert (refused.code, refused.out) == (ExitCode.PROVIDER, "")
    assert refused.cause.startswith("the desktop does not let us in: ")
    assert not (owner.home / "refused.png").exists()
    assert right not in refused.err
    wait_for("the marker", lambda: shows_the_marker(owner), timeout_s=SHOWN_S)


def test_the_password_is_in_no_process_list_and_for_its_user_alone(owner: User) -> None:
    password = on_host(owner, "cat", PASSWORD)
    assert password not in on_host(owner, "ps", "-ef")
    assert on_host(owner, "stat", "--format=%a", PASSWORD) == "600"
    assert password not in "".join(
        path.read_text(errors="replace") for path in owner.run_folder.rglob("*") if path.is_file()
    )


def test_a_desktop_whose_server_was_killed_is_back(owner: User) -> None:
    server = on_host(owner, "pgrep", "--exact", "Xtigervnc")
    on_host(owner, "sudo", "kill", "-9", server)

    def back() -> bool | NotYet:
        now = owner.run("ssh", owner.fleet, "--", "pgrep", "--exact", "Xtigervnc").out.strip()
        return now not in {"", server} or NotYet(now)

    wait_for("the X server", back, timeout_s=60)
    wait_for("Xfce", lambda: has_all_of_xfce(owner), timeout_s=SHOWN_S)
    draw_marker(owner)
    wait_for("the marker", lambda: shows_the_marker(owner), timeout_s=SHOWN_S)


def has_all_of_xfce(user: User) -> bool | NotYet:
    """Whether the session's programs run; xfdesktop is the last to come."""
    missing = [program for program in XFCE if not is_running(user, program)]
    return not missing or NotYet(f"no {', '.join(missing)}")


def is_running(user: User, program: str) -> bool:
    """Whether the host has a process of that name."""
    return user.run("ssh", user.fleet, "--", "pgrep", "--exact", program).code == 0


def shows_the_marker(user: User) -> bool | NotYet:
    """Whether a picture of the desktop is the marker, save for its edges."""
    shown = picture(user)
    share = marked_share(shown) if shown else 0.0
    return share > 0.9 or NotYet(f"{share:.0%} of the picture")


def picture(user: User) -> Image.Image | None:
    """What `orchestrate desktop --view` brings; None while the desktop does not answer."""
    file = user.home / "shot.png"
    said = user.run("desktop", "--view", str(file))
    return Image.open(file) if said.code == ExitCode.OK else None


def on_host(user: User, *argv: str) -> str:
    """What a command on the host printed."""
    said = user.run("ssh", user.fleet, "--", *argv)
    assert said.code == 0, said.err
    return said.out.strip()


def listening_addresses(port: int) -> set[str]:
    """On which addresses of this computer somebody listens on the port."""
    return {
        getattr(link.laddr, "ip", "")
        for link in psutil.net_connections("tcp")
        if link.status == psutil.CONN_LISTEN and getattr(link.laddr, "port", 0) == port
    }
