"""A host with two cards, which the stand-in for NVIDIA's library plays: what `orchestrate gpus` shows is what `gpustat`, `nvitop` and
`nvtop` show beside it, and each fault is told with what to do, until it is over."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from orchestrator.journal import Journal
from orchestrator.models import Host
from orchestrator.remote import Shell, shell_of
from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import User, engine
from tests.nvml.library import LOST, MISMATCH, STATE_FILE, compiled, state
from tests.unit.gpuhost.telemetry.stand_in import l40s

pytestmark = [pytest.mark.containers, pytest.mark.landing]

FLEET = "roles: [base, gpu_telemetry]\n"
JUDGES = ("gpustat==1.1.1", "nvitop==1.7.2")
INSTALL = """
set -e
install -m 0755 libnvidia-ml.so.1 "/usr/lib/$(uname -m)-linux-gnu/libnvidia-ml.so.1"
sed -i -E 's/^(deb .* main)$/\\1 contrib/; s/^(Components: main)$/\\1 contrib/' $(find /etc/apt -name '*.list' -o -name '*.sources')
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y nvtop python3-venv > /dev/null
python3 -m venv /opt/judges
/opt/judges/bin/pip --quiet install "$@"
systemd-run --quiet --unit=orchestrate-run-7 --uid=nobody sleep infinity
systemd-run --quiet --unit=other python3 -c 'import signal; signal.pause()'
"""
NVITOP = """
import json
from nvitop import Device
fields = ("uuid", "name", "temperature", "fan_speed", "gpu_utilization", "memory_utilization", "power_usage", "power_limit",
  "sm_clock", "memory_clock", "performance_state", "persistence_mode", "memory_used", "memory_total", "memory_free",
  "total_volatile_uncorrected_ecc_errors", "pcie_tx_throughput", "pcie_rx_throughput", "bus_id")
told = []
for device in Device.all():
    shot = device.as_snapshot()
    told.append({name: getattr(shot, name) for name in fields} | {"max_sm_clock": device.max_sm_clock(), "bar1": device.bar1_memory_used(),
      "processes": {pid: [p.gpu_memory(), p.type, p.username(), p.name()] for pid, p in device.processes().items()}})
print(json.dumps(told))
"""
QUIET = "energy 123456789"


@pytest.fixture(scope="module")
def shell(owner: User, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A way to the host, on which the judges are installed and two programs run."""
    journal = Journal(owner.fleet, owner.home / "state" / "orchestrate")
    (host,) = journal.load("hosts", tuple[Host, ...]) or ()
    with closing(shell_of(host, key=journal.keys / "id_ed25519")) as opened:
        library = compiled(tmp_path_factory.mktemp("nvml"))
        opened.put(library.read_bytes(), "libnvidia-ml.so.1")
        said(opened, "sudo", "sh", "-c", INSTALL, "sh", *JUDGES)
        yield opened


@pytest.fixture
def cards(owner: User, shell: Shell) -> tuple[int, int]:
    """Two sound cards, each with one of the programs; their process numbers."""
    pids = tuple(
        int(said(shell, "systemctl", "show", "--value", "--property=MainPID", unit))
        for unit in ("orchestrate-run-7", "other")
    )
    play(shell, state(l40s(0, f"compute {pids[0]}:8589934592"), l40s(1, f"compute {pids[1]}:4096")))
    wait_for("both cards", lambda: shown(owner, lambda told: len(told["cards"]) == 2), timeout_s=60)
    return pids[0], pids[1]


def test_the_figures_agree_with_gpustat_field_by_field(
    owner: User, shell: Shell, cards: tuple[int, int]
) -> None:
    ours = snapshot(owner)["cards"]
    theirs = json.loads(said(shell, "/opt/judges/bin/gpustat", "--json"))
    assert theirs["driver_version"] == snapshot(owner)["driver"]
    for our, their in zip(ours, theirs["gpus"], strict=True):
        assert {
            "index": our["index"],
            "uuid": our["uuid"],
            "name": our["name"],
            "temperature.gpu": our["temperature_c"],
            "fan.speed": our["fan_percent"],
            "utilization.gpu": our["utilization_percent"],
            "power.draw": int(our["power_w"]),
            "enforced.power.limit": int(our["power_limit_w"]),
            "memory.used": our["memory_used_bytes"] // 2**20,
            "memory.total": our["memory_total_bytes"] // 2**20,
        }.items() <= their.items()
        assert [
            (each["pid"], each["user"], each["command"].split()[0], each["memory_bytes"] // 2**20)
            for each in our["processes"]
        ] == [
            (each["pid"], each["username"], each["command"].split()[0], each["gpu_memory_usage"])
            for each in their["processes"]
        ]
    assert ours[0]["processes"][0]["unit"] == "orchestrate-run-7.service"


def test_the_figures_agree_with_nvitop_field_by_field(
    owner: User, shell: Shell, cards: tuple[int, int]
) -> None:
    told = json.loads(said(shell, "/opt/judges/bin/python", "-c", NVITOP))
    for our, their in zip(snapshot(owner)["cards"], told, strict=True):
        processes = {
            str(each["pid"]): [each["memory_bytes"], "C", each["user"], each["command"].split()[0]]
            for each in our["processes"]
        }
        assert {
            "uuid": our["uuid"],
            "name": our["name"],
            "temperature": our["temperature_c"],
            "fan_speed": our["fan_percent"],
            "gpu_utilization": our["utilization_percent"],
            "memory_utilization": our["memory_utilization_percent"],
            "power_usage": round(our["power_w"] * 1000),
            "power_limit": round(our["power_limit_w"] * 1000),
            "sm_clock": our["clock_sm_mhz"],
            "memory_clock": our["clock_memory_mhz"],
            "max_sm_clock": our["clock_sm_max_mhz"],
            "performance_state": f"P{our['performance_state']}",
            "persistence_mode": "Enabled" if our["persistence_mode"] else "Disabled",
            "memory_used": our["memory_used_bytes"],
            "memory_free": our["memory_free_bytes"],
            "memory_total": our["memory_total_bytes"],
            "bar1": our["bar1_used_bytes"],
            "total_volatile_uncorrected_ecc_errors": our["ecc_uncorrected_volatile"],
            "pcie_tx_throughput": our["pcie_sent_bytes_per_s"] // 1024,
            "pcie_rx_throughput": our["pcie_received_bytes_per_s"] // 1024,
            "bus_id": f"0000{our['address']}".upper(),
            "processes": processes,
        } == their


def test_nvtop_starts_on_the_same_cards(shell: Shell, cards: tuple[int, int]) -> None:
    drawn = shell.run(
        ("sh", "-c", "TERM=xterm timeout --signal=INT 5 script -qec 'stty rows 40 cols 140; nvtop' /dev/null")
    ).stdout
    assert drawn.count("[NVIDIA L40S]") == 2
    assert "213 / 350 W" in drawn


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (f"lost {LOST}", "lost"),
        ("ecc.1.0 2", "ecc-uncorrected"),
        ("rows 0 1 1 0", "row-remap-pending"),
        ("field.230 1", "recovery"),
        ("throttle_reasons 64", "too-hot"),
        ("throttle_reasons 128", "power-brake"),
        ("xid 95", "xid-95"),
    ],
)
def test_each_fault_of_a_card_is_told_with_what_to_do_and_goes_when_it_is_over(
    owner: User, shell: Shell, cards: tuple[int, int], fault: str, advice: str
) -> None:
    play(shell, state(l40s(0), l40s(1, fault)))
    wait_for(advice, lambda: shown(owner, lambda told: advice in faults(told)), timeout_s=60)
    (found,) = (each for each in snapshot(owner)["advice"] if each["fault"] == advice)
    assert (found["about"], bool(found["action"])) == ("GPU-1", True)
    told = owner.run("gpus")
    assert f"GPU 1: {found['seen']}" in told.out
    assert f"try: {found['action']}" in told.out
    play(shell, state(l40s(0), l40s(1, "energy 5" if fault.startswith("xid") else QUIET)))
    wait_for("its end", lambda: shown(owner, lambda told: not faults(told)), timeout_s=60)


@pytest.mark.parametrize(("code", "seen"), [(MISMATCH, "driver mismatch"), (9, "no driver")])
def test_a_driver_that_is_gone_or_another_one_is_told_and_is_back(
    owner: User, shell: Shell, cards: tuple[int, int], code: int, seen: str
) -> None:
    play(shell, state(init=code))
    wait_for(seen, lambda: shown(owner, lambda told: told["state"] == seen), timeout_s=60)
    status = owner.run("status")
    assert snapshot(owner)["advice"][0]["seen"] in status.out
    play(shell, state(l40s(0), l40s(1)))
    wait_for("both cards", lambda: shown(owner, lambda told: len(told["cards"]) == 2), timeout_s=60)


def test_who_used_the_cards_is_on_record_by_user_and_job(
    owner: User, shell: Shell, cards: tuple[int, int]
) -> None:
    said(shell, "sudo", "systemctl", "restart", "orchestrate-telemetry")
    told = owner.run("usage", "--json", "--by", "job").json
    held = {(use["user"], use["job"]): use["held_s"] for use in told["uses"]}
    assert held["nobody", "orchestrate-run-7.service"] > 0
    assert held["root", "other.service"] > 0
    assert {each["key"] for each in told["sums"]} >= {f"{owner.fleet}-1: orchestrate-run-7.service"}
    assert "GPU-hours" in owner.run("usage").out


def test_a_host_that_is_down_is_shown_as_down(owner: User) -> None:
    """It stays down for the next test."""
    engine("kill", owner.container(f"{owner.fleet}-1"))
    told = owner.run("gpus")
    assert told.code == 5
    assert f"{owner.fleet}-1  down: it is stopped" in told.out
    assert f"try: orchestrate up --name {owner.fleet}" in told.out


def test_who_used_a_host_is_on_record_after_it_was_taken_away(owner: User) -> None:
    engine("start", owner.container(f"{owner.fleet}-1"))
    wait_for("the host", lambda: owner.run("gpus").code == 0 or NotYet("down"), timeout_s=60)
    assert owner.run("down", "--yes").code == 0
    told = owner.run("usage", "--json", "--by", "job").json
    assert {(use["user"], use["job"]) for use in told["uses"] if use["held_s"]} >= {
        ("nobody", "orchestrate-run-7.service"),
        ("root", "other.service"),
    }
    assert [each["reach"] for each in told["hosts"]] == ["gone"]


def play(shell: Shell, text: str) -> None:
    """Have the library say this, from one moment to the next."""
    shell.put(text.encode(), "nvml-state")
    said(shell, "sudo", "install", "-m", "0644", "nvml-state", f"{STATE_FILE}.new")
    said(shell, "sudo", "mv", f"{STATE_FILE}.new", STATE_FILE)


def snapshot(owner: User) -> Any:
    (host,) = owner.run("gpus", "--json").json["hosts"]
    return host["snapshot"]


def shown(owner: User, fulfilled: Any) -> bool | NotYet:
    told = snapshot(owner)
    return True if fulfilled(told) else NotYet(json.dumps(told)[:2000])


def faults(told: Any) -> set[str]:
    return {each["fault"] for each in told["advice"]}


def said(shell: Shell, *argv: str) -> str:
    ended = shell.run(argv)
    assert ended.exit_code == 0, ended.stderr
    return ended.stdout.strip()
