"""What a host offers, brought here through a real sshd; the services are stand-ins of a few lines, no role is applied."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from orchestrator.errors import ExitCode
from orchestrator.tunnel import SshTarget, Tunnel, http_status, local_port, rfb_banner
from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import Running, User, restart, ssh_port
from tests.e2e.web.standins import OVER_TLS, SERVICES, put, start_services
from tests.unit.tunnel.web_server import made_certificate

pytestmark = pytest.mark.containers

UP = ("--until", "launch")
DESKTOP = {"users": {"admin": {"port": 5901}, "alice": {"port": 5902}}}
WEB = {"names": [], "tunnel_port": 8480, "tls": False}
PAGES = [{"title": "JupyterLab", "path": "/notebooks/"}, {"title": "Desktop", "path": "/desktop/"}]
SECRET = "secret-1"

Desktop = tuple[Running, dict[str, object]]
"""`orchestrate desktop --json` while it runs, and what it printed."""


@pytest.fixture(scope="module", autouse=True)
def services(owner: User) -> None:
    """The fleet's one host offers a desktop and a web page, and has a second user's desktop on record that is not there."""
    for path, text in {
        "/etc/orchestrate/desktop.json": json.dumps(DESKTOP),
        "/etc/orchestrate/web.json": json.dumps(WEB),
        "/etc/orchestrate/page.d/notebooks.json": json.dumps(PAGES),
        "/home/admin/.config/orchestrate/vnc-password": f"{SECRET}\n",
        "/usr/local/lib/standins.py": SERVICES,
    }.items():
        put(owner, path, text)
    start_services(owner)


@pytest.fixture
def desktop(owner: User) -> Iterator[Desktop]:
    with owner.running("desktop", owner.fleet, "--json") as command:
        command.wait_until_it_says("}\n")
        yield command, json.loads(command.said)


def test_a_desktop_is_told_in_one_line_and_stays_until_ctrl_c(desktop: Desktop) -> None:
    command, told = desktop
    port = told["port"]
    assert isinstance(port, int)
    assert told | {"pid": 0} == {
        "url": f"vnc://127.0.0.1:{port}",
        "user": "admin",
        "password_file": "~admin/.config/orchestrate/vnc-password",
        "via": "tunnel",
        "port": port,
        "pid": 0,
    }
    assert SECRET not in command.said
    assert rfb_banner(port) == "RFB 003.008"
    assert command.press_ctrl_c() == ExitCode.INTERRUPTED
    assert command.said.splitlines()[-1] == "closed"
    assert rfb_banner(port) == ""


def test_a_link_that_is_lost_comes_back_on_the_same_port(desktop: Desktop) -> None:
    command, told = desktop
    port, pid = told["port"], told["pid"]
    assert isinstance(port, int)
    assert isinstance(pid, int)
    (ssh,) = psutil.Process(pid).children()
    ssh.kill()
    command.wait_until_it_says("link back")
    assert rfb_banner(port) == "RFB 003.008"


def test_a_host_that_restarted_on_another_port_is_found_again(desktop: Desktop, owner: User) -> None:
    command, told = desktop
    assert isinstance(told["port"], int)
    host = f"{owner.fleet}-1"
    before = ssh_port(owner, host)
    restart(owner, host)
    command.wait_until_it_says("link back")
    assert ssh_port(owner, host) != before
    start_services(owner)
    assert rfb_banner(told["port"]) == "RFB 003.008"
    assert owner.run("up", *UP).code == 0


def test_what_a_killed_command_left_is_ended_by_the_next(owner: User, desktop: Desktop) -> None:
    command, told = desktop
    pid = told["pid"]
    assert isinstance(pid, int)
    (ssh,) = psutil.Process(pid).children()
    command.kill_9()
    assert ssh.is_running()
    with owner.running("open", "--no-open") as other:
        other.wait_until_it_says("Ctrl-C closes it")
        wait_for("its end", lambda: not ssh.is_running() or NotYet("there"), timeout_s=30)


def test_the_page_comes_through_ssh_and_says_how_to_read_the_password(owner: User) -> None:
    with owner.running("open", "notebook") as command:
        command.wait_until_it_says("Ctrl-C closes it")
        lines = command.said.splitlines()
        assert lines[0].startswith(f"notebook of {owner.fleet}-1: http://127.0.0.1:")
        url = lines[0].rpartition(" ")[2]
        assert url.endswith("/notebooks/")
        assert (
            f"orchestrate ssh --name {owner.fleet} {owner.fleet}-1 -- cat .config/orchestrate/web-password"
            in command.said
        )
        assert http_status(int(url.split(":")[2].partition("/")[0]), "/notebooks/") == 401
        assert command.press_ctrl_c() == ExitCode.INTERRUPTED


def test_a_desktop_in_the_browser_names_both_passwords_that_are_asked_for(owner: User) -> None:
    with owner.running("open", "desktop", "--json") as command:
        command.wait_until_it_says("}\n")
        told = json.loads(command.said)
    assert told["url"] == f"http://127.0.0.1:{told['port']}/desktop/"
    assert told["password_file"] == "~admin/.config/orchestrate/web-password"
    assert told["desktop_password_file"] == "~admin/.config/orchestrate/vnc-password"


def test_the_browser_is_opened_at_the_address_that_is_said(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = owner.home / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {owner.home}/opened\n')
    browser.chmod(0o755)
    opened = owner.home / "opened"
    monkeypatch.setitem(owner.environment, "BROWSER", str(browser))
    with owner.running("open") as command:
        command.wait_until_it_says("Ctrl-C closes it")
        wait_for("the browser", lambda: opened.exists() or NotYet(command.said), timeout_s=30)
        wait_for("its word", lambda: opened.read_text().strip() or NotYet("empty"), timeout_s=30)
        assert f": {opened.read_text().strip()}\n" in command.said


def test_a_name_that_does_not_answer_is_said_and_the_page_comes_through_ssh(owner: User) -> None:
    with named(owner, "gpu.invalid"), owner.running("open") as command:
        command.wait_until_it_says("Ctrl-C closes it")
        assert "not by https://gpu.invalid, but through SSH: there is no such name" in command.said


def test_a_name_with_a_certificate_is_opened_by_it_and_the_command_ends(
    owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = owner.run("ssh", owner.fleet, "--", "hostname", "-I").out.split()[0]
    certificate = made_certificate(tmp_path, address)
    put(owner, "/etc/orchestrate/key-and-certificate.pem", certificate.read_text())
    put(owner, "/usr/local/lib/over_tls.py", OVER_TLS)
    serving = ("systemd-run", "--unit=over-tls", "python3", "/usr/local/lib/over_tls.py")
    assert owner.run("ssh", owner.fleet, "--", "sudo", *serving).code == 0
    monkeypatch.setitem(owner.environment, "SSL_CERT_FILE", str(certificate))
    with named(owner, address):
        wait_for("TLS", lambda: listens(address, 443), timeout_s=60)
        opened = owner.run("open", "notebook", "--json")
    assert opened.code == ExitCode.OK, opened.err
    assert opened.json["url"] == f"https://{address}/notebooks/"
    assert (opened.json["via"], opened.json["port"]) == ("tls", 443)
    assert "pid" not in opened.json, "nothing is left running"


def test_a_unix_socket_of_the_host_is_brought_here_too(owner: User) -> None:
    target = SshTarget(
        host=f"{owner.fleet}-1",
        words=("-F", str(owner.run_folder / "ssh_config"), f"{owner.fleet}-1"),
        target="/run/standins/desktop.sock",
        run_folder=owner.run_folder,
        trust_hint="",
    )
    with Tunnel(target, local_port(None, preferred=0), print) as tunnel:
        assert rfb_banner(tunnel.port) == "RFB 003.008"


def test_the_password_is_shown_only_when_asked_for(owner: User) -> None:
    with owner.running("desktop", "--show-password") as command:
        command.wait_until_it_says("Ctrl-C closes it")
        assert f"password  {SECRET}" in command.said


def test_a_desktop_that_does_not_answer_is_named_with_what_to_look_at(owner: User) -> None:
    said = owner.run("desktop", "--user", "alice")
    assert (said.code, said.out) == (ExitCode.UNREACHABLE, "")
    assert said.cause == f"nothing answers on 127.0.0.1:5902 of {owner.fleet}-1"
    assert said.hint.endswith(f"{owner.fleet}-1 -- systemctl status orchestrate-vnc@alice")


def test_what_is_not_installed_says_what_brings_it(owner: User) -> None:
    said = owner.run("open", "tensorboard")
    assert (said.code, said.cause) == (
        ExitCode.USAGE,
        f"TensorBoard is not installed on {owner.fleet}-1",
    )
    assert said.hint == f"orchestrate up --name {owner.fleet} --with notebooks"


def test_a_port_that_is_in_use_is_refused(owner: User) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = owner.run("desktop", "--port", str(port))
    assert (said.code, said.cause) == (ExitCode.USAGE, f"port {port} of this computer is in use")


def test_the_port_that_is_asked_for_is_given(owner: User) -> None:
    port = local_port(None, preferred=0)
    with owner.running("open", "--port", str(port)) as command:
        command.wait_until_it_says("Ctrl-C closes it")
        assert http_status(port, "/") == 401


def test_a_host_that_shows_another_key_gets_no_tunnel(owner: User) -> None:
    hosts = owner.run_folder / "hosts.json"
    known = hosts.read_text()
    forged = "AAAAC3NzaC1lZDI1NTE5AAAAIJ4qPOeJ3kXkzq6eq8ZC0T4m7oTtdHk1zS8kLSsX5bQy"
    hosts.write_text(known.replace(json.loads(known)[0]["host_key"].split()[1], forged))
    try:
        said = owner.run("desktop")
    finally:
        hosts.write_text(known)
    assert (said.code, said.out) == (ExitCode.UNREACHABLE, "")
    assert "shows host key SHA256:" in said.cause


@contextmanager
def named(user: User, name: str) -> Iterator[None]:
    """The host has a name and a certificate, as far as it knows."""
    put(user, "/etc/orchestrate/web.json", json.dumps(WEB | {"names": [name], "tls": True}))
    yield
    put(user, "/etc/orchestrate/web.json", json.dumps(WEB))


def listens(address: str, port: int) -> bool | NotYet:
    """Whether somebody listens there."""
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError as error:
        return NotYet(str(error))
    return True
