"""Devices of a snapshot, the nodes that belong to them, and whether others are refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from gpuhost.leases.devices import enforcement, leasable, nodes
from gpuhost.leases.devices.enforcement import CONTROL_GROUP, HIDDEN, NONE, judged
from gpuhost.leases.policy.values import MPS
from gpuhost.telemetry.snapshot import MISMATCH, OK, Card, MigInstance, Process, Snapshot

UNIT = "orchestrate-run-1.service"


def card(**changes: object) -> Card:
    usual = Card(
        index=0,
        uuid="GPU-0",
        name="Tesla T4",
        address="0000:01:00.0",
        minor=0,
        memory_total_bytes=2**34,
        utilization_percent=7,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def process(**changes: object) -> Process:
    usual = Process(
        pid=1,
        kind="compute",
        memory_bytes=1,
        user="ben",
        uid=7,
        command="/usr/bin/python3 a.py",
        started_at=1.0,
        state="R",
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def snapshot(*cards: Card, state: str = OK, why: str = "") -> Snapshot:
    return Snapshot(taken_at=1.0, host="lab-1", state=state, why=why, cards=cards)


def slice_(number: int) -> MigInstance:
    return MigInstance(
        uuid=f"MIG-{number}",
        gpu_instance=number + 7,
        compute_instance=0,
        profile="1g.10gb",
        memory_total_bytes=2**33,
        memory_used_bytes=0,
    )


def test_a_card_is_a_device_with_its_node() -> None:
    (found,) = leasable.found(snapshot(card()), {}, {})
    assert (found.device.id, found.device.label, found.device.blocked) == ("GPU-0", "GPU 0", "")
    assert (found.nodes, found.utilization_percent, found.visible) == (("/dev/nvidia0",), 7, "GPU-0")


def test_slices_are_leased_and_the_card_that_they_are_of_is_not() -> None:
    cut = card(mig_enabled=True, mig_instances=(slice_(0), slice_(1)))
    found = leasable.found(snapshot(cut), {}, {})
    assert [(each.device.id, each.device.kind, each.device.weight) for each in found] == [
        ("MIG-0", "1g.10gb", 0.5),
        ("MIG-1", "1g.10gb", 0.5),
    ]


def test_a_card_that_is_declared_to_be_shared_is_so_many_devices() -> None:
    found = leasable.found(snapshot(card()), {"GPU-0": 4}, {})
    assert [each.device.id for each in found] == [f"GPU-0#{number}" for number in range(4)]
    assert {(each.device.kind, each.device.weight, each.visible) for each in found} == {(MPS, 0.25, "GPU-0")}


def test_a_card_that_is_not_as_declared_is_held_back() -> None:
    found = leasable.held_back(leasable.found(snapshot(card()), {}, {}), {"GPU-0": "it is to be cut"})
    assert found[0].device.blocked == "it is to be cut"


def test_who_computes_without_a_lease_is_honoured() -> None:
    alive = process(pid=1)
    (found,) = leasable.found(snapshot(card(processes=(alive,))), {}, {})
    assert found.device.blocked == "python3 of ben (process 1) computes there without a lease"


@pytest.mark.parametrize(
    "harmless",
    [process(unit=UNIT), process(kind="graphics"), process(pid=2**22 + 1)],
    ids=["has a lease", "draws", "has ended since"],
)
def test_who_has_a_lease_or_draws_or_has_ended_is_not_in_the_way(harmless: Process) -> None:
    (found,) = leasable.found(snapshot(card(processes=(harmless,))), {}, {"GPU-0": frozenset({UNIT})})
    assert found.device.blocked == ""


def test_a_process_that_is_not_to_be_seen_is_honoured_too() -> None:
    hidden = process(pid=2**22 + 1, user="")
    (found,) = leasable.found(snapshot(card(processes=(hidden,))), {}, {})
    assert "is not to be seen from here" in found.device.blocked


def test_a_card_that_fell_off_its_bus_is_not_given_out() -> None:
    (found,) = leasable.found(snapshot(card(state="lost", error="GPU is lost")), {}, {})
    assert found.device.blocked == "it is lost: GPU is lost"


def test_devices_stay_known_while_the_driver_does_not_answer() -> None:
    before = leasable.found(snapshot(card()), {}, {})
    told = leasable.known_before(snapshot(state=MISMATCH, why="the driver was upgraded"), before)
    assert told is not None
    assert [each.device.blocked for each in told] == ["the driver was upgraded"]
    assert leasable.known_before(snapshot(card()), before) is None


def test_the_nodes_of_a_slice_are_those_of_its_capabilities(tmp_path: Path) -> None:
    base = tmp_path / "proc/driver/nvidia/capabilities/gpu0/mig/gi7"
    (base / "ci0").mkdir(parents=True)
    (base / "access").write_text("DeviceFileMinor: 66\nDeviceFileMode: 256\n")
    (base / "ci0/access").write_text("DeviceFileMinor: 67\n")
    assert nodes.of_slice(card(), slice_(0), tmp_path) == (
        "/dev/nvidia0",
        "/dev/nvidia-caps/nvidia-cap66",
        "/dev/nvidia-caps/nvidia-cap67",
    )


def test_what_every_job_needs_is_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvidiactl").touch()
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/devices").write_text("Character devices:\n195 nvidia\n511 nvidia-uvm\n")
    assert nodes.shared(tmp_path) == ("/dev/nvidiactl", "char-nvidia-uvm")


A, B = "/dev/nvidia0", "/dev/nvidia1"


@pytest.mark.parametrize(
    ("closed", "hidden", "level"),
    [
        ({A: "EPERM", B: "EPERM"}, {}, CONTROL_GROUP),
        ({A: "EPERM", B: "ENXIO"}, {A: "EACCES", B: "EACCES"}, HIDDEN),
        ({A: "opened", B: "opened"}, {A: "ENOENT", B: "EACCES"}, HIDDEN),
        ({A: "opened", B: "opened"}, {A: "EACCES", B: "opened"}, NONE),
        ({A: "opened", B: "opened"}, {}, NONE),
        ({}, {}, NONE),
    ],
)
def test_only_what_was_refused_is_enforced(
    closed: dict[str, str], hidden: dict[str, str], level: str
) -> None:
    found = judged((A, B), closed, lambda: hidden, 1.0)
    assert found.level == level
    assert bool(found.statement()) is (level != CONTROL_GROUP)


def test_what_opening_comes_to_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    missing = str(tmp_path / "missing")
    assert enforcement.attempted((str(tmp_path / "there"), missing)) == {
        str(tmp_path / "there"): "opened",
        missing: "ENOENT",
    }
