"""Cards as people type them, as nvidia-smi prints them, as lspci shows them; and what is said of those that are none of these."""

import pytest

from orchestrator.catalog import AmbiguousGpuError, UnknownGpuError, load
from orchestrator.catalog.cards.name_parser import parse
from orchestrator.catalog.cards.suggestions import nearest
from orchestrator.catalog.cards.unsupported import JetsonError, OtherMakerError, TooOldGpuError

CATALOG = load()


@pytest.mark.parametrize(
    ("written", "gpu"),
    [
        ("3090", "GeForce RTX 3090"),
        ("4090", "GeForce RTX 4090"),
        ("5060 Ti", "GeForce RTX 5060 Ti"),
        ("2080ti", "GeForce RTX 2080 Ti"),
        ("1060", "GeForce GTX 1060 6GB"),
        ("A6000", "RTX A6000"),
        ("A5000", "RTX A5000"),
        ("RTX4070TiSuper", "GeForce RTX 4070 Ti SUPER"),
        ("titanxp", "TITAN Xp"),
        ("NVIDIA TITAN RTX", "TITAN RTX"),
        ("RTX5090D", "GeForce RTX 5090 D"),
        ("4090D", "GeForce RTX 4090 D"),
        ("RTX 3060 12 GB", "GeForce RTX 3060 12GB"),
        ("GTX 1060 6 GB", "GeForce GTX 1060 6GB"),
        ("RTX 3090 Ti Founders Edition", "GeForce RTX 3090 Ti"),
        ("MSI GeForce RTX 3070 Gaming X Trio", "GeForce RTX 3070"),
        ("ASUS TUF Gaming RTX 4080 SUPER OC", "GeForce RTX 4080 SUPER"),
        ("0x10de:0x2204", "GeForce RTX 3090"),
        ("NVIDIA GeForce MX570 A", "GeForce MX570 A"),
        ("NVIDIA RTX 500 Ada Generation Laptop GPU", "RTX 500 Ada Generation Laptop GPU"),
        ("3D controller: NVIDIA Corporation GV100GL [Tesla V100 SXM2 16GB] (rev a1)", "Tesla V100-SXM2-16GB"),
        ("10DE:2330", "H100 SXM5 80GB"),
        ("H100 MIG 1g.10gb+me", "H100 SXM5 80GB MIG 1g.10gb"),
        ("NVIDIA B300 SXM6 AC", "B300"),
        ("Tesla V100-SXM2-16GB-N", "Tesla V100-SXM2-16GB"),
        ("NVIDIA GeForce RTX 5080 Laptop GPU", "GeForce RTX 5080 Max-Q"),
        ("NVIDIA GeForce RTX 2070 with Max-Q Design", "GeForce RTX 2070"),
        ("NVIDIA H100 80GB HBM3", "H100 SXM5 80GB"),
        ("NVIDIA GH200 480GB", "GH200 480GB"),
        ("DGX H100", "H100 SXM5 80GB"),
        ("HGX B200", "B200"),
        ("RTX PRO 4000", "RTX PRO 4000 Blackwell"),
        ("RTX 6000 Pro", "RTX PRO 6000 Blackwell Workstation Edition"),
        ("RTX 4000 Ada", "RTX 4000 Ada Generation"),
        ("GK210GL [Tesla K80]", "Tesla K80"),
        ("GM107 [GeForce GTX 750 Ti]", "GeForce GTX 750 Ti"),
        ("GPU 0: Tesla T4 (UUID: GPU-5f2c)", "Tesla T4"),
        (
            "00:1e.0 3D controller [0302]: NVIDIA Corporation TU104GL [Tesla T4] [10de:1eb8] (rev a1)",
            "Tesla T4",
        ),
        (
            "01:00.0 VGA compatible controller: NVIDIA Corporation GA102 [GeForce RTX 3090] (rev a1)",
            "GeForce RTX 3090",
        ),
        ("NVIDIA Corporation Device 2330 (rev a1)", "H100 SXM5 80GB"),
        ("10de:1eb8", "Tesla T4"),
        ("0x10de 0x1eb8", "Tesla T4"),
        ("RTX PRO 4500 Blackwell Server Edition", "RTX PRO 4500 Blackwell Server Edition"),
    ],
)
def test_a_card_is_the_one_that_the_words_name(written: str, gpu: str) -> None:
    assert CATALOG.gpu(written).gpu == gpu


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("GT 1030", ("GK107", "3.0", "GP108", "6.1", "10de:1d01")),
        ("NVIDIA GeForce GT 630", ("Fermi", "Kepler", "10de:1284")),
        ("GT 640", ("GF116", "GK107", "GK208")),
        ("GT 730", ("GF108", "GK208")),
        ("730M", ("3.0", "3.5")),
        ("GTX 860M", ("Kepler", "Maxwell")),
        ("Titan X", ("Maxwell", "Pascal", "10de:17c2")),
        ("RTX 6000", ("Turing", "Ada")),
        ("6000", ("Quadro 6000", "RTX 6000 Ada")),
    ],
)
def test_a_name_of_several_chips_is_never_settled_silently(written: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(AmbiguousGpuError) as raised:
        CATALOG.gpu(written)
    assert "ambiguous" in raised.value.cause
    assert [part for part in parts if part not in raised.value.cause] == []
    assert raised.value.hint.startswith("orchestrate resolve --gpu 10de:")


def test_the_chip_or_the_id_says_which_of_them_it_is() -> None:
    assert CATALOG.gpu("GP108 [GeForce GT 1030]").compute_capability == (6, 1)
    assert CATALOG.gpu("10de:0fc5").compute_capability == (3, 0)
    assert CATALOG.gpu(
        "VGA controller: NVIDIA Corporation GK208B [GeForce GT 730] (rev a1)"
    ).compute_capability == (3, 5)


def test_every_device_is_found_by_its_id_and_by_the_name_that_this_gives_it() -> None:
    for device in CATALOG.pci_devices:
        card = CATALOG.gpu(f"10de:{device.device_id}")
        again = CATALOG.gpu(card.gpu)
        knows = (again.architecture, again.compute_capability, again.first_branch)
        own = (device.architecture, device.compute_capability, device.first_branch)
        assert (card.architecture, card.compute_capability, card.first_branch) == own, device
        assert knows == own, device


def test_every_device_is_found_by_its_line_of_lspci() -> None:
    for device in CATALOG.pci_devices:
        line = f"01:00.0 3D controller: NVIDIA Corporation {device.chip}GL [{device.name}] (rev a1)"
        card = CATALOG.gpu(line)
        assert (card.architecture, card.compute_capability) == (
            device.architecture,
            device.compute_capability,
        ), line


@pytest.mark.parametrize(
    ("written", "count", "gpu"),
    [
        ("8xB200", 8, "B200"),
        ("2x T4", 2, "Tesla T4"),
        ("4 x A100-SXM4-80GB", 4, "A100-SXM4-80GB"),
        ("T4 x 2", 2, "Tesla T4"),
        ("3090", 1, "GeForce RTX 3090"),
    ],
)
def test_a_count_stands_before_or_behind_the_name(written: str, count: int, gpu: str) -> None:
    assert [card.gpu for card in CATALOG.cards(written)] == [gpu] * count


def test_an_instance_of_a_card_has_its_share_of_the_memory() -> None:
    card = CATALOG.gpu("NVIDIA H100 PCIe MIG 1g.10gb")
    assert (card.gpu, card.memory_mib, card.nvswitch_from) == ("H100 PCIe MIG 1g.10gb", 10240, 0)
    assert CATALOG.gpu(card.gpu) == card
    for written, said in (
        ("1g.10gb", "profile of MIG"),
        ("L4 MIG 1g.6gb", "cannot be split"),
        ("A30 MIG 3g.40gb", "has no"),
    ):
        with pytest.raises(UnknownGpuError, match=said):
            CATALOG.gpu(written)


def test_cards_of_one_name_with_more_memory_have_what_is_said() -> None:
    assert CATALOG.gpu("RTX 4060 Ti 16GB").memory_mib == 16384
    assert CATALOG.gpu("RTX 3060 12GB").memory_mib == 12288
    assert CATALOG.gpu("L4 24GB").memory_mib == CATALOG.gpu("L4").memory_mib


def test_cards_with_an_arm_cpu_are_in_aarch64_hosts() -> None:
    for name in ("GH200 144G HBM3e", "GB300", "GB200", "GB10"):
        assert CATALOG.gpu(name).host == "aarch64", name


@pytest.mark.parametrize(
    ("written", "kind", "says"),
    [
        ("Radeon Pro V520", OtherMakerError, "AMD"),
        ("AMD Instinct MI300X", OtherMakerError, "AMD"),
        (
            "03:00.0 VGA: Advanced Micro Devices, Inc. [AMD/ATI] Navi 21 [Radeon RX 6800]",
            OtherMakerError,
            "AMD",
        ),
        ("Intel Arc A770", OtherMakerError, "Intel"),
        ("GTX 280", TooOldGpuError, "driver is 340"),
        ("8800 GT", TooOldGpuError, "driver is 340"),
        ("GeForce 9800 GTX+", TooOldGpuError, "too old"),
        ("Quadro FX 5800", TooOldGpuError, "too old"),
        ("Tesla C1060", TooOldGpuError, "too old"),
        ("Jetson AGX Orin", JetsonError, "JetPack"),
        ("Orin (nvgpu)", JetsonError, "JetPack"),
    ],
)
def test_what_no_table_is_about_is_named_for_what_it_is(
    written: str, kind: type[UnknownGpuError], says: str
) -> None:
    with pytest.raises(kind) as raised:
        CATALOG.gpu(written)
    assert says in raised.value.cause


@pytest.mark.parametrize(
    ("written", "family"),
    [
        ("GTX 1075", "GeForce GTX 1070"),
        ("RTX 5095", "GeForce RTX 5090"),
        ("Tesla K8O", "Tesla K80"),
        ("A6500", "RTX A6000"),
        ("GTX 610", "GeForce GT 610"),
    ],
)
def test_who_is_unknown_is_answered_with_its_family(written: str, family: str) -> None:
    with pytest.raises(UnknownGpuError) as raised:
        CATALOG.gpu(written)
    assert family in raised.value.hint


def test_a_name_without_a_number_is_compared_by_its_letters() -> None:
    assert nearest(("titam",), {"TITAN V": frozenset({"titan", "v"})}) == ["TITAN V"]
    assert parse("titanrtx").words == ("titan", "rtx")
