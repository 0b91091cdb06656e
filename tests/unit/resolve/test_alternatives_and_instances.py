"""What is offered instead, and EC2 types."""

import pytest

from orchestrator.catalog import UnknownInstanceTypeError, load
from orchestrator.models import Alternative, Builder, Hardware, Refusal, Wishes
from orchestrator.resolve import about, cards_of, hardware_of
from tests.unit.resolve.questions import NOTHING, answer


def offered(refusal: object) -> dict[tuple[str, ...], str]:
    assert isinstance(refusal, Refusal)
    return {each.options: each.change for each in refusal.alternatives}


def of_type(name: str, wishes: Wishes = NOTHING) -> Hardware | Refusal:
    return hardware_of(name, "debian-12", wishes, Builder.CONDA, load())


def test_an_older_release_a_card_like_it_and_one_that_can_be_rented_are_offered() -> None:
    offers = offered(answer("Tesla K80", wishes=Wishes(release="2.15")))
    assert offers[("--tensorflow", "2.14")] == "TensorFlow 2.14.1 with driver 470, Python 3.10"
    assert ("--gpu", "Tesla M40") in offers
    assert ("--gpu", "Tesla T4") in offers


def test_two_changes_are_offered_where_one_release_alone_does_not_help() -> None:
    refusal = answer("Tesla K80", wishes=Wishes(release="2.15"), builder=Builder.VENV)
    assert ("--tensorflow", "2.14", "--builder", "conda") in offered(refusal)


def test_what_is_unsure_is_offered_as_such() -> None:
    offers = offered(answer("B200", wishes=Wishes(release="2.17")))
    assert offers[("--tensorflow", "2.21")].endswith("which is not sure")


def test_the_branch_nearest_to_the_one_that_was_wished_is_offered() -> None:
    assert ("--driver", "580") in offered(answer("Tesla M60", wishes=Wishes(driver="595")))


def test_another_distribution_is_offered_where_this_one_lacks_the_driver() -> None:
    assert ("--distribution", "debian-12") in offered(answer("Tesla K80", distribution="debian-13"))


def test_a_smaller_job_is_offered_with_what_the_card_has() -> None:
    assert ("--gpu-memory", "16384") in offered(answer("Tesla T4", wishes=Wishes(gpu_memory_mib=20000)))


def test_each_of_two_cards_that_do_not_go_together_is_offered_alone() -> None:
    offers = offered(answer("Tesla K80", "Tesla K80", "H100"))
    assert ("--gpu", "Tesla K80", "--gpu", "Tesla K80") in offers
    assert ("--gpu", "H100 SXM5 80GB") in offers


def test_wishes_that_contradict_each_other_twice_are_replaced_together() -> None:
    refusal = answer("Tesla T4", wishes=Wishes(release="2.13", python="3.12", driver="470"))
    together = ("--tensorflow", "2.21.0", "--python", "3.13", "--driver", "535")
    assert list(offered(refusal)) == [together]


def test_a_type_is_its_cards() -> None:
    assert of_type("g5.12xlarge") == Hardware(
        gpus=("A10G",) * 4, distribution="debian-12", architecture="x86_64"
    )
    assert cards_of("p3.2xlarge", "debian-12", load()).gpus == ("Tesla V100-SXM2-16GB",)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("g2.2xlarge", "AWS retired g2.2xlarge by 2026-10"),
        ("p3.2xlarge", "AWS retired p3.2xlarge by 2025-12-20"),
        ("g4ad.xlarge", "g4ad.xlarge has a GPU of AMD, which CUDA does not know; AWS retired it by 2026-09"),
        ("g6f.xlarge", "g6f.xlarge has 1/8 of a L4, and a fraction takes NVIDIA's GRID driver for EC2"),
        ("p6e-gb200.36xlarge", "how many GPUs p6e-gb200.36xlarge has is not known"),
    ],
)
def test_a_type_that_cannot_be_used_is_refused_with_the_nearest_that_can(name: str, why: str) -> None:
    refusal = of_type(name)
    assert isinstance(refusal, Refusal)
    assert refusal.contradiction[1].statement.startswith(why)
    first: Alternative = refusal.alternatives[0]
    assert first.options[0] == "--instance-type"
    assert load().ec2_type(first.options[1]).status == "current"


def test_the_nearest_type_has_enough_memory_and_the_same_card_is_offered_elsewhere() -> None:
    offers = list(offered(of_type("p3.2xlarge", Wishes(release="2.20"))))
    assert offers[0] == ("--instance-type", "g4dn.xlarge")
    assert offers[-1] == ("--gpu", "Tesla V100-SXM2-16GB")


def test_a_type_whose_cards_are_too_small_is_refused() -> None:
    refusal = of_type("g4dn.xlarge", Wishes(gpu_memory_mib=20000))
    assert isinstance(refusal, Refusal)
    assert refusal.alternatives[0].options == ("--instance-type", "g6.xlarge")


def test_what_there_is_to_know_of_a_type_is_told() -> None:
    (ending,) = about("p3dn.24xlarge", load())
    assert "the family is being retired" in ending.statement
    assert about("g4dn.xlarge", load()) == ()
    with pytest.raises(UnknownInstanceTypeError):
        about("m5.large", load())
