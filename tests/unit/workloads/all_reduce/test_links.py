"""What lies between two hosts, and what it has to carry."""

from pathlib import Path

import pytest

from workloads.all_reduce import links
from workloads.all_reduce.links import Link, floor_of, link_to


def network_card(sys: Path, name: str, *, speed: str = "", real: bool = True) -> None:
    folder = sys / "class/net" / name
    folder.mkdir(parents=True)
    (folder / "speed").write_text(speed)
    if real:
        (folder / "device").mkdir()


def port(sys: Path, name: str, *, rate: str, layer: str, state: str = "4: ACTIVE") -> None:
    folder = sys / "class/infiniband" / name / "ports/1"
    folder.mkdir(parents=True)
    for file, text in (("rate", rate), ("link_layer", layer), ("state", state)):
        (folder / file).write_text(text + "\n")


@pytest.fixture
def by_eth0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_interface_to", lambda address: "eth0")


def test_a_host_itself_is_loopback() -> None:
    assert link_to("127.0.0.1", is_gpu=False).kind == "loopback"


@pytest.mark.usefixtures("by_eth0")
def test_a_card_tells_its_rate_and_a_virtual_one_is_not_believed(tmp_path: Path) -> None:
    network_card(tmp_path, "eth0", speed="10000")
    assert link_to("10.0.0.2", is_gpu=False, sys=tmp_path) == Link(
        kind="ethernet", interface="eth0", gbit_s=10
    )
    virtual = tmp_path / "virtual"
    network_card(virtual, "eth0", speed="10000", real=False)
    assert link_to("10.0.0.2", is_gpu=False, sys=virtual) == Link(kind="virtual", interface="eth0", gbit_s=0)
    assert link_to("10.0.0.2", is_gpu=False, sys=tmp_path / "none").kind == "unknown"


@pytest.mark.usefixtures("by_eth0")
def test_cards_talk_over_the_fastest_active_fabric(tmp_path: Path) -> None:
    network_card(tmp_path, "eth0", speed="-1")
    port(tmp_path, "mlx5_0", rate="100 Gb/sec (4X EDR)", layer="InfiniBand")
    port(tmp_path, "mlx5_1", rate="400 Gb/sec (4X NDR)", layer="InfiniBand")
    port(tmp_path, "mlx5_2", rate="800 Gb/sec (8X NDR)", layer="InfiniBand", state="1: DOWN")
    assert link_to("10.0.0.2", is_gpu=True, sys=tmp_path) == Link(
        kind="infiniband", interface="mlx5_1", gbit_s=400
    )
    assert link_to("10.0.0.2", is_gpu=False, sys=tmp_path) == Link(
        kind="ethernet", interface="eth0", gbit_s=0
    )


def test_every_row_has_a_source_and_a_sensible_floor() -> None:
    for row in links._rows():
        assert row["source"]
        assert row["confidence"] in {"high", "medium"}
        assert 0 < float(row["floor"]) < 1


@pytest.mark.parametrize(
    ("link", "transport", "least"),
    [
        (Link(kind="ethernet", interface="eth0", gbit_s=1), "grpc", 0.05),
        (Link(kind="ethernet", interface="eth0", gbit_s=10), "gloo", 0.5),
        (Link(kind="infiniband", interface="mlx5_0", gbit_s=400), "nccl", 25.0),
        (Link(kind="ethernet", interface="eth0", gbit_s=100), "nccl", None),
        (Link(kind="ethernet", interface="eth0", gbit_s=0), "nccl", None),
        (Link(kind="loopback", interface="lo", gbit_s=0), "gloo", None),
        (Link(kind="virtual", interface="eth0", gbit_s=0), "grpc", None),
    ],
)
def test_what_a_link_has_to_carry(link: Link, transport: str, least: float | None) -> None:
    floor = floor_of(link, transport)
    assert (floor.gb_per_s if floor else None) == least
