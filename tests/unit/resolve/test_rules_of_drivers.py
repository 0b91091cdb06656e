"""Which branch drives which card, in which flavour, from where."""

import pytest

from orchestrator.models import Flavour, Hardware, PackageSource, Wishes
from orchestrator.resolve.attempt import ask
from orchestrator.resolve.rules.cuda.wheels import Need
from orchestrator.resolve.rules.driver import branch, packages
from orchestrator.resolve.rules.driver.branch import UnknownBranchError
from orchestrator.resolve.rules.question import ContradictionError, Question, wish
from tests.unit.resolve.questions import question


def newest(*gpus: str) -> tuple[str, set[Flavour]]:
    options = branch.driver_options(question(*gpus))
    last = options[-1].branch.branch
    return last, {option.flavour for option in options if option.branch.branch == last}


def need(driver: str) -> Need:
    return Need(version=driver, fact=wish(f"driver {driver} or newer"))


def eight(gpu: str, distribution: str) -> Question:
    return question(*(gpu,) * 8, distribution=distribution)


@pytest.mark.parametrize(
    ("gpu", "last", "flavours"),
    [
        ("GeForce GT 610", "390", {Flavour.PROPRIETARY}),
        ("Tesla K80", "470", {Flavour.PROPRIETARY}),
        ("Tesla M60", "580", {Flavour.PROPRIETARY}),
        ("GeForce GTX 1070", "580", {Flavour.PROPRIETARY}),
        ("Tesla V100-SXM2-16GB", "580", {Flavour.PROPRIETARY}),
        ("B200", "620", {Flavour.OPEN}),
        ("GRID K2", "367", {Flavour.PROPRIETARY}),
    ],
)
def test_an_architecture_ends_with_a_branch_and_has_its_flavours(
    gpu: str, last: str, flavours: set[Flavour]
) -> None:
    assert newest(gpu) == (last, flavours)


def test_a_new_card_begins_with_the_first_branch_that_knew_it() -> None:
    assert branch.driver_options(question("B200"))[0].branch.branch == "570"
    assert branch.driver_options(question("H200"))[0].branch.branch == "550"


@pytest.mark.parametrize(("one", "other"), [("Tesla K80", "H100"), ("Tesla V100-SXM2-16GB", "B200")])
def test_two_cards_without_a_common_driver_are_refused(one: str, other: str) -> None:
    with pytest.raises(ContradictionError) as raised:
        branch.driver_options(question(one, other))
    first, second = raised.value.pair
    assert one in first.statement
    assert other in second.statement
    assert raised.value.whatever_release


def test_a_branch_that_is_wished_has_to_drive_the_card() -> None:
    wished = question("Tesla T4", wishes=Wishes(driver="470"))
    assert {option.branch.branch for option in branch.driver_options(wished)} == {"470"}
    with pytest.raises(ContradictionError, match="390 to 470"):
        branch.driver_options(question("Tesla K80", wishes=Wishes(driver="535")))
    with pytest.raises(UnknownBranchError, match="no driver branch 571 is known"):
        branch.driver_options(question("Tesla K80", wishes=Wishes(driver="571")))


def test_the_distributions_packages_come_first_where_they_are_new_enough() -> None:
    own, _ = packages.choose(question("Tesla T4"), [need("525.60.13")])
    assert (own.source, own.branch, own.packages) == (PackageSource.DISTRO, "535", ("nvidia-driver",))
    other, _ = packages.choose(question("Tesla T4"), [need("580.65.06")])
    assert (other.source, other.branch, other.flavour) == (PackageSource.NVIDIA_REPO, "580", Flavour.OPEN)


def test_long_term_support_comes_before_what_is_newest() -> None:
    driver, facts = packages.choose(question("Tesla T4", distribution="ubuntu-24.04"), [])
    assert driver.branch == "580"
    assert "branch 580 has long-term support until 2028-06" in {fact.statement for fact in facts}


def test_cards_before_turing_get_the_proprietary_modules_and_blackwell_the_open_ones() -> None:
    old, _ = packages.choose(question("GeForce GTX 1070", distribution="ubuntu-24.04"), [])
    new, _ = packages.choose(question("B200", distribution="ubuntu-24.04"), [])
    assert (old.flavour, new.flavour) == (Flavour.PROPRIETARY, Flavour.OPEN)


def test_a_branch_that_nobody_packages_is_refused() -> None:
    with pytest.raises(ContradictionError, match="Debian 13 packages driver 535 and 550"):
        packages.choose(question("Tesla K80", distribution="debian-13"), [])


def test_a_driver_that_is_too_old_for_cuda_is_refused() -> None:
    with pytest.raises(ContradictionError, match="390 to 470"):
        packages.choose(question("Tesla K80"), [need("525.60.13")])
    with pytest.raises(ContradictionError, match=r"ends with 470\.256\.02"):
        packages.choose(question("Tesla T4", wishes=Wishes(driver="470")), [need("525.60.13")])


def test_nvswitch_brings_the_fabric_manager_from_where_there_is_one() -> None:
    driver, _ = packages.choose(eight("A100-SXM4-40GB", "debian-12"), [])
    assert driver.fabric_manager
    assert driver.source is PackageSource.NVIDIA_REPO  # Debian packages none
    assert driver.packages[-1] == "nvidia-fabricmanager-580"
    single, _ = packages.choose(question("A100-SXM4-40GB"), [])
    assert not single.fabric_manager


def test_nvswitch_of_blackwell_needs_its_subnet_manager_too() -> None:
    driver, _ = packages.choose(eight("B200", "ubuntu-24.04"), [])
    assert driver.source is PackageSource.NVIDIA_REPO
    assert driver.packages[-2:] == ("nvidia-fabricmanager-580", "nvlink5-580")


def test_packages_are_those_for_the_hosts_cpu() -> None:
    arm = Hardware(gpus=("A100-SXM4-40GB",), distribution="debian-12", architecture="aarch64")
    asked = question("A100-SXM4-40GB")
    with pytest.raises(ContradictionError, match="no driver"):
        packages.choose(ask(arm, asked.wishes, asked.builder, asked.catalog), [])
