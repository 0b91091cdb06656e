"""CUDA and cuDNN against the cards, what caps open ranges, the driver they need, and the toolkit on the host."""

import pytest

from orchestrator.models import Confidence, PackageSource, Stack, Wishes
from orchestrator.resolve.rules.cuda import toolkit, wheels
from orchestrator.resolve.rules.question import ContradictionError
from tests.unit.resolve.questions import answer, gpu_with, question, release


def test_libraries_serve_what_lies_below_the_next_major_version() -> None:
    assert wheels.serves(gpu_with((8, 9)), (3, 5), (8, 6))
    assert not wheels.serves(gpu_with((9, 0)), (3, 5), (8, 6))
    assert not wheels.serves(gpu_with((3, 0)), (3, 5), (8, 6))


def test_exact_pins_are_taken_as_they_are() -> None:
    libraries = wheels.from_wheels(question("Tesla T4"), release("2.18.1"))
    assert (libraries.cuda, libraries.cudnn, libraries.constraints) == ("12.5", "9.3.0.75", ())


def test_an_open_range_of_cudnn_ends_before_the_first_without_code_for_the_card() -> None:
    libraries = wheels.from_wheels(question("Tesla V100-SXM2-16GB"), release("2.21.0"))
    assert libraries.cudnn == ">=9.3,<9.11"
    assert libraries.constraints == ("nvidia-cudnn-cu12>=9.3,<9.11",)


def test_an_open_range_ends_behind_the_newest_that_is_known() -> None:
    assert wheels.from_wheels(question("Tesla T4"), release("2.21.0")).cudnn == ">=9.3,<9.29"


def test_blackwell_needs_newer_libraries_and_is_unsure() -> None:
    libraries = wheels.from_wheels(question("B200"), release("2.21.0"))
    assert libraries.cudnn == ">=9.10,<9.29"
    assert "nvidia-cuda-nvcc-cu12>=12.8" in libraries.constraints
    assert Confidence.LOW in {fact.confidence for fact in libraries.facts}


def test_two_cards_narrow_the_range_from_both_ends() -> None:
    libraries = wheels.from_wheels(question("Tesla V100-SXM2-16GB", "Tesla T4"), release("2.21.0"))
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
