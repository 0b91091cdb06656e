"""What judges the cases can say no: each kind of statement, once kept and once broken."""

import pytest

from orchestrator.errors import UsageError
from orchestrator.models import Builder, Framework, Hardware, Stack
from tests.unit.resolve.expectations import Said, broken


def stack(cuda: str = "12.5", cudnn: str = ">=9.3,<9.11", constraints: tuple[str, ...] = ()) -> Stack:
    return Stack(
        hardware=Hardware(gpus=(), distribution="debian-12", architecture="x86_64"),
        driver=None,
        cuda=cuda,
        cudnn=cudnn,
        toolkit=None,
        framework=Framework.TENSORFLOW,
        release="2.15.1",
        python="3.11",
        builder=Builder.CONDA,
        requirements=("tensorflow==2.15.1",),
        constraints=constraints,
        facts=(),
    )


@pytest.mark.parametrize(
    ("kept", "not_kept"),
    [
        ({"tensorflow": "2.15"}, {"tensorflow": "2.1"}),
        ({"cuda_at_least": "12.5"}, {"cuda_at_least": "12.8"}),
        ({"cuda_below": "13"}, {"cuda_below": "12.5"}),
        ({"cudnn_at_least": "9.3"}, {"cudnn_at_least": "9.4"}),
        ({"cudnn_below": "9.11"}, {"cudnn_below": "9.10"}),
        ({"python_at_most": "3.11"}, {"python_at_most": "3.9"}),
        ({"requirements": ["2.15.1"]}, {"requirements": ["2.16"]}),
        ({"requirements_lack": ["cpu"]}, {"requirements_lack": ["tensorflow"]}),
        ({"driver": "none"}, {"driver": 470}),
        ({"toolkit": "none"}, {"toolkit": "11.8"}),
        ({"unsure": False}, {"unsure": True}),
    ],
    ids=str,
)
def test_a_statement_is_kept_or_broken(kept: Said, not_kept: Said) -> None:
    assert list(broken("expect", kept, stack())) == []
    assert list(broken("expect", not_kept, stack()))


def test_an_open_range_has_no_upper_end() -> None:
    assert list(broken("expect", {"cudnn_below": "10"}, stack(cudnn=">=9.3")))


def test_a_cap_is_found_inside_a_range_and_only_for_its_own_package() -> None:
    cap: Said = {"constraints": ["nvidia-cudnn-cu12<9.11"]}
    assert not list(broken("expect", cap, stack(constraints=("nvidia-cudnn-cu12>=9.3,<9.11",))))
    assert list(broken("expect", cap, stack(constraints=("nvidia-nccl-cu12<9.11",))))


def test_a_number_counts_only_as_a_whole() -> None:
    error = UsageError("no TensorFlow 2.15.1 for debian-12", "driver 535")
    assert not list(broken("error", {"mentions": ["2.15", "Debian 12", "535"]}, error))
    assert len(list(broken("error", {"mentions": ["2.1", "5.1", "53"]}, error))) == 3


def test_another_kind_of_answer_breaks_every_expectation() -> None:
    assert list(broken("refused", {"mentions": ["2.15"]}, stack()))
    assert list(broken("expect", {"tensorflow": "2.15"}, UsageError("no", "yes")))
