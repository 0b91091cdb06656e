"""One host with everything that people use on it, looked at in a real browser through `orchestrate open`.

It says that it is Ubuntu 24.04, so that every role meets that here; Debian 12 and 13 they meet in their scenarios.
"""

import io
import json
import socket
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from orchestrator.computer.content import collection_dir
from orchestrator.computer.zipapp import build_zipapp
from orchestrator.errors import ExitCode
from orchestrator.stages.converge.drift import PROGRAM
from orchestrator.waiting import NotYet, wait_for
from tests.browser.chromium import assert_is_accessible
from tests.e2e.user import User, engine, module_runs
from tests.e2e.web.browsing import at, load, opened, told_on_failure
from tests.e2e.web.desktop import (
    SHOWN_S,
    assert_shows_what_is_drawn,
    greets_the_browser,
    listening_addresses,
    on_host,
    shows_the_marker,
)
from tests.e2e.web.marker import draw_marker, marked_share

pytestmark = [pytest.mark.containers, pytest.mark.browser]

FLEET = """
stack: {builder: venv}
services: [desktop, notebooks, page]
validate: {epochs: 1, min_accuracy: 0.8}
"""
UP = ()
UBUNTU = "24.04"

MODULE_RUNS = 45
"""At most so many on a host with every role on which nothing changes."""

PASSWORD = ".config/orchestrate/vnc-password"

STEP = """\
import math, os, sys
import numpy, tensorflow as tf
model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile("sgd", "mse")
run = tf.keras.callbacks.TensorBoard(os.path.expanduser("~/runs/a-step"))
done = model.fit(numpy.ones((8, 2)), numpy.ones((8, 1)), verbose=0, callbacks=[run])
print("finite" * math.isfinite(done.history["loss"][0]), 6 * 7, sys.prefix)
"""


def test_roles_that_are_applied_again_change_nothing(owner: User) -> None:
    host = f"{owner.fleet}-1"
    before = module_runs(owner, host)
    again = owner.run("up", "--full")
    assert again.code == 0, again.err
    assert "changed=0" in again.out
    assert 0 < module_runs(owner, host) - before <= MODULE_RUNS


def test_the_page_shows_the_host_and_its_certificate_and_leads_to_every_tool(
    owner: User, browser: Browser
) -> None:
    with opened(owner, "page") as login, at(browser, login) as page:
        load(page, login.url)
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"{owner.fleet}-1")
        expect(page.locator("body")).to_contain_text("PASS")
        assert_is_accessible(page)
        for tool in ("Desktop", "Notebooks", "TensorBoard"):
            expect(page.get_by_role("link", name=tool)).to_be_visible()
        with page.expect_response("**/report.html") as report:
            page.get_by_role("link", name="report").first.click()
        assert report.value.status == 200


def test_every_tool_refuses_without_a_login(owner: User, browser: Browser) -> None:
    with opened(owner, "page") as login:
        context = browser.new_context()
        for path in ("", "desktop/", "notebooks/", "tensorboard/", "report.html"):
            assert context.request.get(login.url + path).status == 401, path
        wrong = browser.new_context(http_credentials={"username": login.user, "password": "not-it"})
        assert wrong.request.get(login.url).status == 401


def test_a_cell_trains_a_step_in_the_environment_and_tensorboard_shows_its_run(
    owner: User, browser: Browser
) -> None:
    with opened(owner, "notebook") as login, at(browser, login) as page:
        load(page, login.url)
        page.locator('.jp-LauncherCard[data-category="Notebook"]').first.click(timeout=60_000)
        expect(page.get_by_text("| Idle").first).to_be_visible(timeout=60_000)
        cell = page.locator(".jp-Notebook .jp-Cell .cm-content").first
        cell.click()
        page.evaluate("text => navigator.clipboard.writeText(text)", STEP)
        page.keyboard.press("Control+V")
        page.keyboard.press("Control+Enter")
        # Computed, so that neither the cell nor a traceback holds it.
        output = page.locator(".jp-OutputArea-output").filter(has_text="finite 42 /opt/ml/envs/default")
        expect(output).to_be_visible(timeout=120_000)
    with opened(owner, "tensorboard") as login, at(browser, login) as page:
        load(page, login.url)
        expect(page.get_by_text("a-step/train").first).to_be_visible(timeout=60_000)
        expect(page.get_by_text("epoch_loss").first).to_be_visible(timeout=60_000)


def test_the_desktop_is_xfce_and_what_is_drawn_on_it_is_in_the_picture(owner: User) -> None:
    assert_shows_what_is_drawn(owner)


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
    assert_shows_what_is_drawn(owner)
    # What joins the browser to the server begins again with it.
    wait_for("the way from the browser", lambda: greets_the_browser(owner), timeout_s=60)


def test_a_marker_on_the_desktop_is_seen_in_the_browser(owner: User, browser: Browser) -> None:
    with opened(owner, "desktop") as login, at(browser, login) as page, told_on_failure(owner, page):
        load(page, login.url)
        page.locator("#noVNC_password_input").fill(login.desktop_password, timeout=60_000)
        page.keyboard.press("Enter")
        page.locator("#noVNC_container canvas").wait_for(timeout=60_000)
        draw_marker(owner)

        def shown() -> bool | NotYet:
            share = marked_share(Image.open(io.BytesIO(page.screenshot())))
            return share > 0.3 or NotYet(f"{share:.0%} in the marker's colour")

        wait_for("the marker in the browser", shown, timeout_s=30)


def test_a_host_is_left_alone_until_something_of_it_changes_and_that_is_mended(owner: User) -> None:
    host, container = f"{owner.fleet}-1", owner.container(f"{owner.fleet}-1")
    assert owner.run("up", "--no-validate").code == 0
    again = owner.run("up", "--no-validate")
    assert f"{host}  ok=0 changed=0 failed=0  as the roles left it" in again.out

    engine("exec", container, "rm", "/etc/nginx/orchestrate.d/vnc.conf")
    engine("exec", container, "systemctl", "disable", "--now", "orchestrate-page.timer")
    mended = owner.run("up", "--no-validate", "--json")
    assert mended.code == 0, mended.err
    told = f"{host}: changed since the roles were applied: /etc/nginx, /etc/systemd, systemd"
    assert told in mended.err, mended.err
    assert mended.json["converge"]["recaps"][0]["changed"] > 0
    engine("exec", container, "test", "-e", "/etc/nginx/orchestrate.d/vnc.conf")
    engine("exec", container, "systemctl", "is-active", "orchestrate-page.timer")


def test_no_change_of_anything_that_the_roles_left_goes_unseen(owner: User) -> None:
    container = owner.container(f"{owner.fleet}-1")
    for name, content in (
        ("state.pyz", build_zipapp(collection_dir(), *PROGRAM, main="gpuhost.__main__")),
        ("spoil.py", Path(__file__).with_name("spoil.py").read_bytes()),
    ):
        engine("exec", "--interactive", container, "sh", "-c", f"cat > /run/{name}", said=content)
    changed = engine("diff", container)
    program = (
        "exec",
        "--interactive",
        "--env",
        "PYTHONPATH=/run/state.pyz",
        container,
        "python3",
        "/run/spoil.py",
    )
    done = json.loads(engine(*program, said=changed))
    assert {
        "/etc/ssh/sshd_config.d/00-00-ssh_server.conf",
        "/etc/nginx/orchestrate.d/vnc.conf",
        "/etc/apt/sources.list.d/base.sources",
        "/opt/ml/envs/default/environment.json",
        "/etc/shadow",
    } <= {*done["managed"]}
    assert {"ssh.service", "nginx.service", "orchestrate-firewall.service", "orchestrate-page.timer"} <= {
        *done["units"]
    }
    assert done["unseen"] == []
