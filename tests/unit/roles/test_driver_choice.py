"""Which driver the role chooses for what is on the bus, and how it refuses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver import hardware
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.choice import catalog
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.choice import choice as decision
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

BOTH = {"2.21": "525.60.13", "2.14": "450.80.02"}
FABRIC_MANAGER = ["nvidia-fabricmanager-580"]


def driver(name: str, **changes: object) -> dict[str, object]:
    """A row of the catalog's table of drivers."""
    branch, flavour, source = name.split()
    return {"branch": branch, "flavour": flavour, "source": source, "packages": ["nvidia-open"]} | changes


CATALOG: dict[str, Any] = {
    "architectures": [
        {
            "architecture": name,
            "first_branch": first,
            "newest_branch": newest,
            "flavours": flavours,
            "ids": ids,
            "needs": needs,
            "nvswitch_from": 8 if name in ("Hopper", "Blackwell") else 0,
            "nvlink5": name == "Blackwell",
        }
        for name, first, newest, flavours, ids, needs in (
            ("Kepler", "390", "470", ["proprietary"], {"102d": "Tesla K80"}, {"2.14": "450.80.02"}),
            ("Volta", "390", "580", ["proprietary"], {"1db0-1dbf": "", "1db4": "Tesla V100"}, BOTH),
            ("Turing", "418", "615", ["open", "proprietary"], {"1eb8": "Tesla T4"}, BOTH),
            ("Hopper", "525", "615", ["open", "proprietary"], {"2330": "H100"}, BOTH | {"2.21": "555.42.02"}),
            ("Blackwell", "570", "615", ["open"], {"2901": "B200"}, {"2.21": "555.42.02"}),
        )
    ],
    "drivers": [
        driver("550 proprietary distro", version="550.163.01", packages=["nvidia-driver"]),
        driver("550 open distro", version="550.163.01", packages=["nvidia-open-kernel-dkms"]),
        driver("535 proprietary distro", version="535.309.01", packages=["nvidia-driver"]),
        driver("470 proprietary distro", version="470.256.02", packages=["nvidia-tesla-470-driver"]),
        driver("580 open nvidia_repo", version="580.178.04", fabric_manager=FABRIC_MANAGER),
        driver("580 proprietary nvidia_repo", version="580.178.04", fabric_manager=FABRIC_MANAGER),
        driver("595 open nvidia_repo"),
        driver("595 proprietary nvidia_repo"),
        driver("615 open nvidia_repo"),
    ],
}
WISHES: dict[str, Any] = {
    "branch": "auto",
    "flavour": "auto",
    "source": "auto",
    "force": False,
    "container": False,
    "secure_boot": "refuse",
    "distribution": "Debian 12",
}
NOTHING = catalog.Seen(cards=(), nvswitches=0, secure_boot=False, loaded="")


def wish(**changes: object) -> Any:
    """What the role sends, with changes."""
    return catalog.wish_of(CATALOG | WISHES | changes)


def seen(*device_ids: str, nvswitches: int = 0, secure_boot: bool = False, loaded: str = "") -> Any:
    """A host with these cards."""
    names = wish().names
    cards = tuple(
        catalog.Card(address=f"0000:0{slot}:00.0", device_id=one, name=names.get(one, f"10de:{one}"))
        for slot, one in enumerate(device_ids)
    )
    return catalog.Seen(cards=cards, nvswitches=nvswitches, secure_boot=secure_boot, loaded=loaded)


def chosen(host: Any, **wishes: object) -> str:
    """The choice in short."""
    found = decision.choose(host, wish(**wishes))
    assert found
    return f"{found.branch} {found.flavour} {found.source}"


@pytest.mark.parametrize(
    ("cards", "wishes", "expected"),
    [
        (["102d"], {}, "470 proprietary distro"),
        (["1db4"], {}, "550 proprietary distro"),
        (["1dbf"], {}, "550 proprietary distro"),
        (["1db4"], {"source": "nvidia_repo"}, "580 proprietary nvidia_repo"),
        (["1eb8"], {}, "550 proprietary distro"),
        (["1eb8"], {"flavour": "open"}, "550 open distro"),
        (["1eb8"], {"source": "nvidia_repo"}, "580 open nvidia_repo"),
        (["2330"], {"branch": "595"}, "595 open nvidia_repo"),
        (["2901"], {}, "580 open nvidia_repo"),
        (["1eb8", "102d"], {}, "470 proprietary distro"),
        (["1db4", "2330"], {"source": "nvidia_repo"}, "580 proprietary nvidia_repo"),
        (["1eb8", "2901"], {}, "580 open nvidia_repo"),
        (["fff0"], {"branch": "595", "flavour": "open"}, "595 open nvidia_repo"),
        ([], {"force": True}, "550 proprietary distro"),
        ([], {"force": True, "source": "nvidia_repo"}, "580 open nvidia_repo"),
    ],
)
def test_the_driver_suits_every_card(cards: list[str], wishes: dict[str, object], expected: str) -> None:
    assert chosen(seen(*cards), **wishes) == expected


def test_without_a_long_maintained_branch_the_production_one_is_taken() -> None:
    drivers = [row for row in CATALOG["drivers"] if row["branch"] in ("595", "615")]
    assert chosen(seen("2901"), drivers=drivers) == "595 open nvidia_repo"


def test_a_driver_is_new_enough_for_the_newest_tensorflow_that_works_on_every_card() -> None:
    assert chosen(seen("2330")) == "580 open nvidia_repo"
    assert chosen(seen("2330"), source="distro") == "550 proprietary distro", (
        "where none is, the best of those"
    )
    assert chosen(seen("1eb8", "102d")) == "470 proprietary distro"


def test_cards_that_only_stand_with_nvswitches_need_them_though_none_is_on_the_bus() -> None:
    nvlink5 = wish(drivers=[row | {"nvlink5": ["nvlink5-580"]} for row in CATALOG["drivers"]])
    eight = decision.choose(seen(*["2901"] * 8), nvlink5)
    assert eight
    assert (eight.fabric_manager, eight.nvlink5) == (FABRIC_MANAGER, ["nvlink5-580"])
    one = decision.choose(seen("2901"), nvlink5)
    assert one
    assert (one.fabric_manager, one.nvlink5) == ((), ())
    with pytest.raises(HostError, match="NVSwitches need a fabric manager"):
        chosen(seen(*["2901"] * 8))


def test_nvswitches_need_a_source_with_a_fabric_manager() -> None:
    host = seen("2330", nvswitches=4)
    assert chosen(host) == "580 open nvidia_repo"
    with pytest.raises(HostError, match=r"4 NVSwitches need a fabric manager, which distro has not\n  try: "):
        chosen(host, source="distro")


@pytest.mark.parametrize(
    ("host", "wishes", "said"),
    [
        (
            seen("102d", "2330"),
            {},
            r"no driver serves both Tesla K80 \(branches 390 to 470\) and H100 \(branches 525 to 615\)\n  try: take one",
        ),
        (
            seen("1db4", "2901"),
            {},
            r"no kernel module serves both Tesla V100 \(proprietary\) and B200 \(open\)\n  try: take one",
        ),
        (
            seen("fff0"),
            {},
            r"the catalog does not know the card 10de:fff0 at 0000:00:00.0\n  try: set nvidia_driver_branch and",
        ),
        (
            seen("102d"),
            {"branch": "580"},
            r"Tesla K80 is Kepler, which branches 390 to 470 know; branch 580 does not\n  try: ",
        ),
        (
            seen("2901"),
            {"flavour": "proprietary"},
            r"B200 is Blackwell, which works with open kernel modules alone\n  try: ",
        ),
        (
            seen("102d"),
            {"source": "nvidia_repo"},
            r"for Debian 12 there is no driver .*source nvidia_repo that serves Tesla K80 \(branches 390 to 470\)\n  try: choose",
        ),
        (
            seen(),
            {"force": True, "branch": "999"},
            r"there is no driver with branch 999.*\n  try: choose of what there is, 470",
        ),
        (
            seen("1eb8"),
            {"drivers": []},
            r"for Debian 12 there is no driver .* that serves Tesla T4 .*\n  try: choose of what there is, nothing",
        ),
        (
            seen("1eb8"),
            {"container": True},
            r"this is a container: its kernel is its computer's\n  try: install the driver on that",
        ),
        (
            seen("1eb8", secure_boot=True),
            {},
            r"Secure Boot is on: .*\n  try: set nvidia_driver_secure_boot to sign",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_the_facts(host: Any, wishes: dict[str, object], said: str) -> None:
    with pytest.raises(HostError, match=said):
        decision.choose(host, wish(**wishes))


@pytest.mark.parametrize("container", [True, False])
def test_without_a_card_nothing_is_wanted_and_that_is_said(*, container: bool) -> None:
    assert decision.choose(NOTHING, wish(container=container)) is None
    assert decision.in_words(NOTHING, None).startswith("No NVIDIA card is on the PCI bus: nothing to do.")


def test_secure_boot_is_no_hindrance_where_it_is_signed_or_a_driver_is_loaded_already() -> None:
    host = seen("1eb8", secure_boot=True)
    assert chosen(host, secure_boot="sign")
    assert chosen(replace(host, loaded="550.163.01"))


def test_cards_are_counted_in_the_line_that_tells_the_choice() -> None:
    host = seen("1eb8", "1eb8", "2330")
    assert decision.in_words(host, decision.choose(host, wish())) == (
        "H100, 2 x Tesla T4: driver 580 with open kernel modules, from NVIDIA's repository."
    )


def test_the_bus_is_read_as_the_kernel_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    devices = {
        "0000:00:1e.0": ("0x10de", "0x1eb8", "0x030200"),
        "0000:00:1f.0": ("0x10de", "0x22a3", "0x068000"),
        "0000:00:02.0": ("0x10de", "0x10f8", "0x040300"),  # the sound of a card
        "0000:00:01.0": ("0x1af4", "0x1000", "0x020000"),
    }
    for address, values in devices.items():
        (tmp_path / "bus" / address).mkdir(parents=True)
        for name, value in zip(("vendor", "device", "class"), values, strict=True):
            (tmp_path / "bus" / address / name).write_text(f"{value}\n")
    (tmp_path / "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c").write_bytes(b"\x06\0\0\0\x01")
    monkeypatch.setattr(hardware, "PCI", tmp_path / "bus")
    monkeypatch.setattr(hardware, "EFI_VARIABLES", tmp_path)
    monkeypatch.setattr(hardware, "LOADED", tmp_path / "none")
    monkeypatch.setattr(hardware, "installed", lambda: {"linux-image-virtual": None})
    gathered = hardware.gather()
    host = catalog.seen_of(gathered, {"1eb8": "Tesla T4"})
    assert [(card.address, card.name) for card in host.cards] == [("0000:00:1e.0", "Tesla T4")]
    assert (host.nvswitches, host.secure_boot, host.loaded) == (1, True, "")
    assert (gathered["kernel_flavours"], host.kernel_flavours) == (["virtual"], ("generic",))
