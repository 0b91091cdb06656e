"""The probe on a real host over SSH: what it says is true, with a card that is a stand-in as far down as there is anything."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.errors import PythonMissingError, SudoRefusedError
from orchestrator.journal import Journal
from orchestrator.models import Card, GpuHolder, Host, HostFacts
from orchestrator.remote import Shell, shell_of
from orchestrator.stages.preflight import InstallPaths, probe
from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import User
from tests.nvml.library import STATE_FILE, Gpu, compiled, state

pytestmark = pytest.mark.containers

UP = ("--until", "launch")

ADDRESS = "0000:3b:00.0"
CARD = """
set -e
install -m 0755 libnvidia-ml.so.1 "/usr/lib/$(uname -m)-linux-gnu/libnvidia-ml.so.1"
install -m 0644 nvml-state "$2"
mount -t tmpfs none /sys/module
mount -t tmpfs none /sys/bus/pci/devices
mount -t tmpfs none /proc/driver
mkdir -p /sys/module/nvidia "/sys/bus/pci/devices/$1" "/proc/driver/nvidia/gpus/$1"
echo 535.261.03 > /sys/module/nvidia/version
cd "/sys/bus/pci/devices/$1"
echo 0x10de > vendor; echo 0x20b0 > device; echo 0x030200 > class
echo 8 > current_link_width; echo 16 > max_link_width
ln -s /sys/bus/pci/drivers/nvidia driver
echo 'Device Minor: 	 0' > "/proc/driver/nvidia/gpus/$1/information"
mknod --mode=666 /dev/nvidia0 c 1 3
install -D -m 0644 /dev/null /opt/ml/envs/default/environment.json
systemd-run --quiet --unit=holder sh -c 'exec 9< /dev/nvidia0; exec sleep infinity'
"""
"""What a driver and a card would leave, down to the null device under the card's name and a program that has it open."""


@pytest.fixture(scope="module")
def launched(owner: User) -> tuple[Host, Path]:
    """A host on which nothing was installed, and the key to it."""
    journal = Journal(owner.fleet, owner.home / "state" / "orchestrate")
    (host,) = journal.load("hosts", tuple[Host, ...]) or ()
    return host, journal.keys / "id_ed25519"


@pytest.fixture
def shell(launched: tuple[Host, Path]) -> Iterator[Shell]:
    host, key = launched
    with closing(shell_of(host, key=key)) as opened:
        yield opened


def test_a_bare_host_says_what_it_is(launched: tuple[Host, Path], shell: Shell) -> None:
    facts = ask(launched)
    assert (facts.host, facts.distribution) == (launched[0].name, "debian-12")
    assert facts.container in {"docker", "podman"}
    assert facts.kernel == said(shell, "uname", "-r")
    assert facts.architecture == said(shell, "uname", "-m")
    assert f"Python {facts.python}" == said(shell, "python3", "--version")
    free_kib = int(said(shell, "df", "--output=avail", "/").split()[-1])
    assert facts.disk_free_mib["/"] == pytest.approx(free_kib / 1024, abs=1024)
    assert (facts.cards, facts.driver_loaded, facts.gpu_holders, facts.present) == ((), "", (), ())


def test_a_card_its_driver_and_who_holds_it_are_seen(
    launched: tuple[Host, Path], shell: Shell, tmp_path: Path
) -> None:
    gpu = Gpu(
        address=f"0000{ADDRESS}",
        name="NVIDIA A100-SXM4-40GB",
        memory=42949672960,
        power_limit=250000,
        power_default=400000,
    )
    shell.put(compiled(tmp_path).read_bytes(), "libnvidia-ml.so.1")
    shell.put(state(gpu).encode(), "nvml-state")
    said(shell, "sudo", "sh", "-c", CARD, "sh", ADDRESS, STATE_FILE)
    facts = wait_for("the holder", lambda: held(launched), timeout_s=10)
    assert facts.cards == (
        Card(
            address=ADDRESS,
            device_id="20b0",
            name="NVIDIA A100-SXM4-40GB",
            memory_mib=40960,
            driver_in_use="nvidia",
            pcie_width=8,
            pcie_width_max=16,
            power_limit_w=250.0,
            power_default_w=400.0,
        ),
    )
    assert facts.driver_loaded == "535.261.03"
    pid = int(said(shell, "systemctl", "show", "--value", "--property=MainPID", "holder"))
    assert facts.gpu_holders == (GpuHolder(pid=pid, user="root", command="sleep"),)
    assert facts.present == ("/opt/ml/envs/default/environment.json",)


def test_a_host_without_python_is_named(launched: tuple[Host, Path], shell: Shell) -> None:
    said(shell, "sudo", "mv", "/usr/bin/python3", "/usr/bin/python3.away")
    try:
        with pytest.raises(PythonMissingError, match=f"{launched[0].name} has no Python"):
            ask(launched)
    finally:
        said(shell, "sudo", "mv", "/usr/bin/python3.away", "/usr/bin/python3")


def test_a_host_that_asks_for_a_password_is_named(launched: tuple[Host, Path], shell: Shell) -> None:
    """The last one: nobody is root there afterwards."""
    said(shell, "sudo", "sh", "-c", "echo 'admin ALL=(ALL) ALL' > /etc/sudoers.d/zz-password")
    with pytest.raises(
        SudoRefusedError, match="admin cannot become root there: sudo: a password is required"
    ):
        ask(launched)


def held(launched: tuple[Host, Path]) -> HostFacts | NotYet:
    """The facts, once the program that was started has opened its card."""
    facts = ask(launched)
    return facts if facts.gpu_holders else NotYet("nobody")


def ask(launched: tuple[Host, Path]) -> HostFacts:
    host, key = launched
    (facts,) = probe((host,), key, InstallPaths())
    return facts


def said(shell: Shell, *argv: str) -> str:
    ended = shell.run(argv)
    assert ended.exit_code == 0, ended.stderr
    return ended.stdout.strip()
