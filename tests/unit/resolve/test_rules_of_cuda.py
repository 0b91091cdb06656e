"""CUDA and cuDNN against the cards, what caps open ranges, the driver they need, and the toolkit on the host."""

from dataclasses import replace

import pytest

from orchestrator.catalog import load
from orchestrator.catalog.frameworks.defects import CudnnDefect
from orchestrator.catalog.rows import CudaRelease
from orchestrator.models import Confidence, PackageSource, Stack, Wishes
from orchestrator.resolve.rules.cuda import coverage, toolkit, wheels
from orchestrator.resolve.rules.question import ContradictionError
from tests.unit.resolve.questions import answer, gpu_with, question, release


def cuda(name: str) -> CudaRelease:
    """The row of this CUDA."""
    return next(row for row in load().cuda if row.cuda == name)


@pytest.mark.parametrize(
    ("capability", "first", "last"),
    [
        ((2, 1), "7.0", "8.0"),
        ((3, 0), "7.0", "10.2"),
        ((3, 7), "7.0", "11.8"),
        ((7, 0), "9.0", "12.9"),
        ((7, 5), "9.0", "13.5"),  # runs code for 7.0
        ((8, 9), "11.0", "13.5"),  # runs code for 8.0
        ((9, 0), "11.8", "13.5"),
        ((10, 0), "12.8", "13.5"),
        ((10, 3), "12.9", "13.5"),
        ((10, 7), "13.4", "13.5"),
        ((11, 0), "13.0", "13.5"),
        ((12, 0), "12.8", "13.5"),
        ((12, 1), "12.9", "13.5"),
    ],
)
def test_a_capability_is_served_by_the_releases_that_name_it_or_one_that_it_runs(
    capability: tuple[int, int], first: str, last: str
) -> None:
    served = [row.cuda for row in load().cuda if coverage.serves(gpu_with(capability), row)]
    assert (served[0], served[-1]) == (first, last)


def test_what_lies_between_two_capabilities_of_a_release_is_not_served_for_that() -> None:
    assert (10, 3) not in cuda("12.8").capabilities
    assert not coverage.serves(gpu_with((11, 0)), cuda("12.9"))
    assert cuda("9.0").capabilities[-1] == (7, 0)


def test_cudnn_serves_what_lies_below_the_next_major_version() -> None:
    row = next(row for row in load().cudnn if row.first == "8.1.0" and row.cuda_first == "11.0")
    assert coverage.serves(gpu_with((8, 9)), row)
    assert not coverage.serves(gpu_with((9, 0)), row)
    assert not coverage.serves(gpu_with((3, 0)), row)


def test_exact_pins_are_taken_as_they_are() -> None:
    libraries = wheels.from_wheels(question("Tesla T4"), release("2.18.1"))
    assert (libraries.cuda, libraries.cudnn, libraries.constraints) == ("12.5", "9.3.0.75", ())


def test_an_open_range_of_cudnn_ends_before_the_first_without_code_for_the_card() -> None:
    libraries = wheels.from_wheels(question("Tesla V100-SXM2-16GB"), release("2.20.0"))
    assert libraries.cudnn == ">=9.3,<9.11"
    assert libraries.constraints == ("nvidia-cudnn-cu12>=9.3,<9.11",)


def test_an_open_range_ends_behind_the_newest_that_is_known() -> None:
    assert wheels.from_wheels(question("Tesla T4"), release("2.20.0")).cudnn == ">=9.3,<9.29"


def test_a_range_begins_with_the_first_that_a_release_was_seen_to_work_with() -> None:
    libraries = wheels.from_wheels(question("Tesla T4"), release("2.21.0"))
    assert libraries.constraints == ("nvidia-cudnn-cu12>=9.24,<9.29",)
    assert "fails at training with Conv2D" in " ".join(each.statement for each in libraries.facts)


@pytest.mark.parametrize("card", ["Tesla V100-SXM2-16GB", "Tesla P100-PCIE-16GB", "GeForce GTX 1080 Ti"])
def test_a_release_that_fails_with_every_cudnn_for_the_card_gives_way_to_the_one_before(card: str) -> None:
    with pytest.raises(ContradictionError, match=r"fails at training with Conv2D"):
        wheels.from_wheels(question(card), release("2.21.0"))
    found = answer(card)
    assert isinstance(found, Stack)
    assert (found.release, found.cudnn) == ("2.20.0", ">=9.3,<9.11")


def test_an_exact_pin_that_a_release_fails_with_is_refused() -> None:
    pinned = release("2.18.1")
    defect = CudnnDefect(
        tensorflow="2.18.1",
        first="9.3",
        last="9.4",
        works_from="9.5",
        fails="everything",
        source="a test",
        confidence=Confidence.HIGH,
    )
    catalog = replace(load(), cudnn_defects=(defect,))
    with pytest.raises(ContradictionError, match=r"comes with cuDNN 9\.3\.0\.75"):
        wheels.from_wheels(question("Tesla T4", catalog=catalog), pinned)


def test_blackwell_needs_newer_libraries_and_is_unsure() -> None:
    libraries = wheels.from_wheels(question("B200"), release("2.21.0"))
    assert libraries.cudnn == ">=9.24,<9.29"
    assert "nvidia-cuda-nvcc-cu12>=12.8" in libraries.constraints
    assert Confidence.LOW in {fact.confidence for fact in libraries.facts}


def test_a_card_that_came_with_a_minor_release_asks_for_that() -> None:
    libraries = wheels.from_wheels(question("B300"), release("2.21.0"))
    assert "nvidia-cuda-nvcc-cu12>=12.9" in libraries.constraints
    assert "CUDA 12.9 is the first with code for 10.3" in {each.statement for each in libraries.facts}


def test_two_cards_narrow_the_range_from_both_ends() -> None:
    libraries = wheels.from_wheels(question("Tesla V100-SXM2-16GB", "Tesla T4"), release("2.20.0"))
    assert libraries.cudnn == ">=9.3,<9.11"


def test_machine_code_runs_on_any_driver_of_the_major_version() -> None:
    (need,) = wheels.from_wheels(question("Tesla T4"), release("2.19.1")).needs
    assert need.version == "525.60.13"


def test_ptx_asks_for_a_driver_that_knows_its_version() -> None:
    (older,) = wheels.from_wheels(question("H100"), release("2.18.1")).needs
    (newer,) = wheels.from_wheels(question("H100"), release("2.19.1")).needs
    assert (older.version, newer.version) == ("545.23.06", "555.42.02")


def test_a_release_without_libraries_takes_them_from_the_host() -> None:
    found = toolkit.for_tensorflow(question("Tesla T4", distribution="ubuntu-22.04"), release("2.10.1"))
    assert found.toolkit
    assert (found.toolkit.cuda, found.toolkit.cudnn) == ("11.8", "8.6.0.163")
    assert found.toolkit.packages == ("cuda-toolkit-11-8", "libcudnn8")


def test_the_distributions_toolkit_does_where_its_cudnn_is_new_enough() -> None:
    found = toolkit.for_tensorflow(question("Tesla T4"), release("2.11.1")).toolkit
    assert found
    assert (found.source, found.cudnn) == (PackageSource.DISTRO, "8.5.0.96")
    with pytest.raises(ContradictionError, match=r"needs 11\.8 and cuDNN 8\.6"):
        toolkit.for_tensorflow(question("Tesla T4"), release("2.13.1"))


def test_a_toolkit_that_is_wished_stands_beside_tensorflows_own_libraries() -> None:
    stack = answer("Tesla T4", wishes=Wishes(cuda="12.4"))
    assert isinstance(stack, Stack)
    assert stack.toolkit
    assert (stack.cuda, stack.toolkit.cuda, stack.toolkit.reason) == ("12.9", "12.4", "it was asked for")


def test_a_toolkit_without_code_for_the_card_is_refused() -> None:
    with pytest.raises(ContradictionError, match=r"CUDA 13\.0 has code for 7\.5"):
        toolkit.as_wished(question("Tesla V100-SXM2-16GB", wishes=Wishes(cuda="13.0")))


def test_a_toolkit_that_nobody_packages_is_refused() -> None:
    with pytest.raises(ContradictionError, match=r"for Debian 13 there is CUDA 12\.4"):
        toolkit.as_wished(question("Tesla T4", distribution="debian-13", wishes=Wishes(cuda="11.8")))


def test_a_cuda_that_nobody_knows_is_an_error_of_usage() -> None:
    with pytest.raises(toolkit.UnknownCudaError, match=r"no CUDA 12\.7 is known"):
        toolkit.as_wished(question("Tesla T4", wishes=Wishes(cuda="12.7")))
