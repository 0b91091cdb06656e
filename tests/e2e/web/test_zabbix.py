"""From bare roles to GPUs in Zabbix with values, problems that begin and end, a webhook that is told, and a dashboard to look at.

Five minutes, one and a half of them for packages.
"""

import json
from email import message_from_string, policy
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from orchestrator.waiting import NotYet, wait_for
from tests.e2e.playbook import ROOT
from tests.e2e.user import User
from tests.e2e.web.browsing import at, load
from tests.e2e.web.standins import put
from tests.e2e.web.zabbix import Zabbix, install_library, set_cards, zabbix

pytestmark = [pytest.mark.containers, pytest.mark.browser, pytest.mark.landing]

FLEET = """
roles: [base, gpu_telemetry]
services: [zabbix_server]
vars:
  zabbix_server_templates: []
  zabbix_server_macros: {GPU.INTERVAL: 5s, GPU.TEMPERATURE.TIME: 15s, GPU.THROTTLE.TIME: 15s, GPU.IDLE.TIME: 15s, GPU.XID.TIME: 1m}
  zabbix_server_alerts:
    - {name: hook, url: "http://127.0.0.1:9190/", severity: average}
    - {name: us, mail_to: [ops@example.org], mail_from: zabbix@example.org, smtp_port: 9125, severity: average}
"""
RECEIVER = ROOT / "roles/prometheus/molecule/alternative/files/receiver.py"
TOLD = "/run/told"
"""What takes a webhook and mail, and where on the host it puts what it is told."""
COOL, HOT = ("temperature.0 61",), ("temperature.0 95",)
IS_HOT, IS_WARM = "GPU 0: hot (over 90°C)", "GPU 0: warm (over 80°C)"
FAULTS = {
    "xid 31": "GPU 0: Xid 31 in the kernel's log",
    "ecc.1.0 3": "GPU 0: uncorrected memory errors",
    "rows 0 1 1 0": "GPU 0: a row of its memory waits to be remapped",
    "throttle_reasons 64": "GPU 0: throttled (too warm (hardware))",
    "utilization 0": "GPU 0: idle with its memory full",
}
"""What a card says, and the problem that follows."""
FULL = "memory_used 40802189312"
DISCOVERED_S = 120
"""Zabbix reads what it shall watch every 10 s, asks every 5 s, and discovers cards with what it is told then."""
FIRES_S = 90


@pytest.fixture(scope="module")
def server(owner: User, tmp_path_factory: pytest.TempPathFactory) -> User:
    """A host with two cards, and something that takes a webhook."""
    install_library(owner, tmp_path_factory.mktemp("library"))
    set_cards(owner, COOL, COOL)
    put(owner, "/usr/local/lib/receiver.py", RECEIVER.read_text())
    begin = f"mkdir {TOLD} && systemd-run --unit=receiver python3 /usr/local/lib/receiver.py {TOLD}"
    started = owner.run("ssh", owner.fleet, "--", "sudo", "sh", "-c", begin)
    assert started.code == 0, started.err
    return owner


def test_cards_are_discovered_and_have_values(server: User) -> None:
    with zabbix(server) as known:
        known.wait_for_values(
            {
                "nvml.device.count": "2",
                "nvml.system.driver.version": "580.95.05",
                'nvml.device.temperature["GPU-0"]': "61",
                'nvml.device.power.usage["GPU-1"]': "213.456",
                'nvml.device.memory.fb.total["GPU-1"]': "48305799168",
                'nvml.device.sm.frequency["GPU-0"]': "2520000000",
                'gpuhost.device.ecc.enabled["GPU-0"]': "1",
                'gpuhost.device.throttle["GPU-0"]': "power limit",
            },
            timeout_s=DISCOVERED_S,
        )
        items = known.items()
        assert [each for each in items.values() if each["state"] == "1"] == [], "not supported"
        silent = items['gpuhost.device.temperature.memory["GPU-0"]']
        assert silent["lastclock"] == "0", "what a card does not say has no value, and no zero either"
        assert known.call("host.get", {"output": ["host"], "filter": {"tls_connect": "2"}}) == [
            {"hostid": expected_id(known, server), "host": f"{server.fleet}-1"}
        ]


def test_the_password_that_zabbix_comes_with_is_refused(server: User) -> None:
    with zabbix(server) as known, pytest.raises(AssertionError, match="Incorrect user name or password"):
        Zabbix(known.login, "zabbix")


def test_a_hot_card_is_a_problem_until_it_has_cooled_and_somebody_is_told_of_both(
    server: User, browser: Browser, tmp_path: Path
) -> None:
    with zabbix(server) as known:
        set_cards(server, HOT, COOL)
        known.wait_for_problem(IS_HOT, there=True, timeout_s=FIRES_S)
        assert IS_WARM not in known.problems(), "the grave problem explains it"
        with at(browser, known.login) as page:
            log_in(page, known)
            shows_the_dashboard(page, known, tmp_path)
            shows_the_problem(page, known, tmp_path)
        set_cards(server, COOL, COOL)
        known.wait_for_problem(IS_HOT, there=False, timeout_s=FIRES_S)
        told = wait_for("the webhook", lambda: hooked(server, 2), timeout_s=60, interval_s=1)
        assert [(each["status"], each["problem"]) for each in told] == [
            ("problem", IS_HOT),
            ("resolved", IS_HOT),
        ]
        about = wait_for("mail", lambda: mailed(server, 2), timeout_s=60, interval_s=1)
        host = f"{server.fleet}-1"
        assert about == [f"High: {IS_HOT} ({host})", f"Resolved: {IS_HOT} ({host})"]


def test_each_fault_of_a_card_is_a_problem_until_it_is_over(server: User) -> None:
    with zabbix(server) as known:
        set_cards(server, (*FAULTS, FULL), COOL)
        for problem in FAULTS.values():
            known.wait_for_problem(problem, there=True, timeout_s=FIRES_S)
        set_cards(server, COOL, COOL)
        for problem in FAULTS.values():
            known.wait_for_problem(problem, there=False, timeout_s=FIRES_S)


def test_a_card_that_is_lost_is_a_problem_until_it_is_back(server: User) -> None:
    with zabbix(server) as known:
        set_cards(server, COOL)
        known.wait_for_problem("GPU 1: is missing", there=True, timeout_s=FIRES_S)
        set_cards(server, COOL, COOL)
        known.wait_for_problem("GPU 1: is missing", there=False, timeout_s=FIRES_S)


def test_roles_that_are_applied_again_change_nothing(server: User) -> None:
    again = server.run("up", "--no-validate", "--full")
    assert again.code == 0, again.err
    assert "changed=0" in again.out


def expected_id(known: Zabbix, server: User) -> str:
    """Of the fleet's host."""
    (host,) = known.call("host.get", {"output": ["hostid"], "filter": {"host": [f"{server.fleet}-1"]}})
    return str(host["hostid"])


def hooked(server: User, number: int) -> list[dict[str, str]] | NotYet:
    """What the webhook was told of heat."""
    told = [each for said in received(server, "json") if "hot" in (each := json.loads(said))["problem"]]
    return told if len(told) >= number else NotYet(str(told))


def mailed(server: User, number: int) -> list[str] | NotYet:
    """The subjects of mail about heat."""
    mail = (message_from_string(each, policy=policy.default) for each in received(server, "mail"))
    about = [subject for each in mail if IS_HOT in (subject := str(each["Subject"]))]
    return about if len(about) >= number else NotYet(str(about))


def received(server: User, kind: str) -> list[str]:
    """What somebody was told, in order."""
    script = f"for each in {TOLD}/*.{kind}; do cat $each; printf '\\0'; done"
    said = server.run("ssh", server.fleet, "--", "sudo", "sh", "-c", script)
    return said.out.rstrip("\0").split("\0")


def log_in(page: Page, known: Zabbix) -> None:
    """Past Zabbix' own login."""
    load(page, known.login.url)
    page.locator("input[name=name]").fill("Admin")
    page.locator("input[name=password]").fill(known.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def shows_the_dashboard(page: Page, known: Zabbix, folder: Path) -> None:
    """Values and graphs of both cards, and no complaint."""
    (template,) = known.call("template.get", {"filter": {"host": ["NVIDIA GPU by gpuhost"]}})
    asked = {"templateids": [template["templateid"]], "output": ["dashboardid"]}
    (board,) = known.call("templatedashboard.get", asked)
    (host,) = known.call("host.get", {"templateids": [template["templateid"]], "output": ["hostid"]})
    place = f"action=host.dashboard.view&hostid={host['hostid']}&dashboardid={board['dashboardid']}"
    page.set_viewport_size({"width": 1400, "height": 2000})
    load(page, f"{known.login.url}zabbix.php?{place}&from=now-5m&to=now")
    expect(page.get_by_text("580.95.05")).to_be_visible()
    for number in (0, 1):
        expect(page.get_by_role("heading", name=f"GPU {number}: temperature")).to_be_visible()
    drawn = (
        "[...document.querySelectorAll('.dashboard-grid img')].filter(each => each.naturalWidth > 300).length"
    )
    wait_for(
        "graphs",
        lambda: (count := page.evaluate(drawn)) >= 8 or NotYet(f"{count} graphs"),
        timeout_s=60,
        interval_s=1,
    )
    expect(page.locator(".msg-bad:visible, .msg-warning:visible")).to_have_count(0)
    (folder / "dashboard.png").write_bytes(page.screenshot(full_page=True))


def shows_the_problem(page: Page, known: Zabbix, folder: Path) -> None:
    """Among the problems, in its severity."""
    load(page, f"{known.login.url}zabbix.php?action=problem.view&filter_set=1")
    row = page.get_by_role("row").filter(has_text=IS_HOT)
    expect(row).to_be_visible()
    expect(row).to_contain_text("High")
    (folder / "problems.png").write_bytes(page.screenshot())
