"""Of all that systemd knows, what somebody decided on; and a host's kernel and cards."""

from pathlib import Path

import pytest

from gpuhost.state.programs import digests, units


def block(name: str, **other: str) -> str:
    usual = {
        "Type": "simple",
        "LoadState": "loaded",
        "ActiveState": "active",
        "UnitFileState": "enabled",
        "NeedDaemonReload": "no",
        "RemainAfterExit": "no",
    }
    return "\n".join(f"{key}={value}" for key, value in {"Id": name, **usual, **other}.items())


NGINX = block("nginx.service")


@pytest.mark.parametrize(
    "spoilt",
    [
        "",
        block("nginx.service", ActiveState="inactive"),
        block("nginx.service", ActiveState="failed"),
        block("nginx.service", UnitFileState="disabled"),
        block("nginx.service", UnitFileState="disabled", ActiveState="inactive"),
        block("nginx.service", UnitFileState="masked", LoadState="masked"),
        block("nginx.service", NeedDaemonReload="yes"),
    ],
)
def test_a_unit_in_another_state_is_another_line(spoilt: str) -> None:
    other = block("ssh.socket")
    assert units(f"{NGINX}\n\n{other}\n") != units(f"{spoilt}\n\n{other}\n")


@pytest.mark.parametrize(
    "passing",
    [
        block("session-4.scope"),
        block("systemd-hostnamed.service", UnitFileState="static"),
        block("dev-sda.device", UnitFileState=""),
        block("rsync.service", UnitFileState="disabled", ActiveState="inactive"),
    ],
)
def test_what_comes_and_goes_by_itself_is_no_line(passing: str) -> None:
    assert units(f"{passing}\n\n{NGINX}") == units(NGINX)


def test_a_job_that_ends_by_itself_may_run_or_not() -> None:
    ran = block("apt-daily.service", Type="oneshot", ActiveState="inactive")
    runs = block("apt-daily.service", Type="oneshot", ActiveState="activating")
    assert units(ran) == units(runs) != []
    stays = {"Type": "oneshot", "RemainAfterExit": "yes"}
    assert units(block("firewall.service", **stays)) != units(
        block("firewall.service", ActiveState="inactive", **stays)
    )


def test_order_means_nothing() -> None:
    other = block("ssh.socket")
    assert units(f"{NGINX}\n\n{other}") == units(f"{other}\n\n{NGINX}")


@pytest.mark.parametrize(
    ("file", "content", "section"),
    [
        ("sys/bus/pci/devices/0000:65:00.0/class", "0x030200", "hardware"),
        ("proc/modules", "nvidia 1 - Live\next4 1 - Live\n", "kernel"),
        ("proc/driver/nvidia/version", "NVRM version: 580.95\n", "kernel"),
        ("proc/sys/kernel/osrelease", "6.12.1\n", "kernel"),
    ],
)
def test_another_card_kernel_or_driver_is_seen(tmp_path: Path, file: str, content: str, section: str) -> None:
    before = digests(tmp_path)
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(content)
    after = digests(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {section}
