"""Lists of cards, shares of them, types of EC2 and distributions as people name them; what is none of these says what it is."""

import pytest

from orchestrator.catalog import UnknownDistributionError, UnknownGpuError, UnknownInstanceTypeError, load
from orchestrator.catalog.cards.instance_types import spelt
from orchestrator.catalog.cards.unsupported import VirtualGpuError

CATALOG = load()


@pytest.mark.parametrize(
    ("written", "gpus"),
    [
        ("T4,T4", ("Tesla T4",) * 2),
        ("2x A100 + 1x T4", ("A100-SXM4-40GB",) * 2 + ("Tesla T4",)),
        ("RTX 2000 Ada and T4", ("RTX 2000 Ada Generation", "Tesla T4")),
        ("H100x8", ("H100 SXM5 80GB",) * 8),
        ("8*H100", ("H100 SXM5 80GB",) * 8),
        ("4 x L4", ("L4",) * 4),
        ("RTX 4090 x2", ("GeForce RTX 4090",) * 2),
        ("0x10de:0x2204", ("GeForce RTX 3090",)),
    ],
)
def test_several_cards_in_one_name_are_counted_and_none_is_lost(written: str, gpus: tuple[str, ...]) -> None:
    assert tuple(card.gpu for card in CATALOG.cards(written)) == gpus


def test_a_count_of_none_is_no_count() -> None:
    with pytest.raises(UnknownGpuError):
        CATALOG.cards("0x T4")


@pytest.mark.parametrize(
    "written", ["GRID T4-16Q", "L40S-48Q", "GRID A100-3-20C", "NVIDIA A10-24Q", "H100-1-10CME"]
)
def test_a_share_by_vgpu_says_whose_driver_it_takes(written: str) -> None:
    with pytest.raises(VirtualGpuError, match="guest driver of the hypervisor"):
        CATALOG.gpu(written)


def test_a_share_by_vgpu_for_desktops_has_no_cuda() -> None:
    with pytest.raises(VirtualGpuError, match="has no CUDA"):
        CATALOG.gpu("M10-1B")


@pytest.mark.parametrize(
    ("written", "cause", "hint"),
    [
        ("none", "is no card", "orchestrate resolve  # without a card"),
        ("cpu", "is no card", "orchestrate resolve  # without a card"),
        ("g5.xlarge", "is an EC2 type and no card", "orchestrate resolve --instance-type g5.xlarge"),
        ("2684", "no GPU is known", "orchestrate resolve --gpu 10de:2684  # if it is a PCI id"),
    ],
)
def test_what_is_no_card_says_what_it_is(written: str, cause: str, hint: str) -> None:
    with pytest.raises(UnknownGpuError, match=cause) as refused:
        CATALOG.gpu(written)
    assert refused.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("trn1.2xlarge", "AWS Trainium"),
        ("trn2.48xlarge", "AWS Trainium"),
        ("inf2.xlarge", "AWS Inferentia"),
        ("dl1.24xlarge", "Intel Gaudi"),
        ("vt1.3xlarge", "media accelerator"),
        ("f2.6xlarge", "FPGAs"),
        ("c7i.large", "no GPU, as far as is known"),
        ("m5.metal", "no GPU, as far as is known"),
        ("p9.large", "no EC2 type with a GPU is known"),
    ],
)
def test_an_ec2_type_without_our_gpus_says_what_it_has(name: str, inside: str) -> None:
    with pytest.raises(UnknownInstanceTypeError, match=inside):
        CATALOG.ec2_type(name)


@pytest.mark.parametrize(
    ("typed", "name"), [("G5.XLARGE", "g5.xlarge"), ("g5 xlarge", "g5.xlarge"), ("p5.48xlarge",) * 2]
)
def test_an_ec2_type_is_read_as_people_type_it(typed: str, name: str) -> None:
    assert CATALOG.ec2_type(spelt(typed)).instance_type == name


@pytest.mark.parametrize("name", ["Ubuntu 28.04", "ubuntu28.04", "debian 14"])
def test_a_distribution_that_is_newer_than_the_tables_says_so(name: str) -> None:
    with pytest.raises(UnknownDistributionError, match="is newer than what the catalog knows"):
        CATALOG.distribution(name)


@pytest.mark.parametrize("name", ["Debian 11", "rhel9", "ubuntu-18.04"])
def test_a_distribution_that_is_older_or_another_is_named_with_those_that_are_known(name: str) -> None:
    with pytest.raises(UnknownDistributionError, match="no distribution is known") as refused:
        CATALOG.distribution(name)
    assert "debian-13" in refused.value.hint
