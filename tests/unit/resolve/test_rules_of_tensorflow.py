"""Cards against wheels, which release is taken, and the Python it is there for."""

import pytest

from orchestrator.models import Builder, Refusal, Wishes
from orchestrator.resolve.rules import cards, python, release
from orchestrator.resolve.rules.question import ContradictionError
from orchestrator.resolve.rules.release import Code, UnknownReleaseError, code_for
from tests.unit.resolve.questions import answer, gpu_with, question
from tests.unit.resolve.questions import release as row


@pytest.mark.parametrize(
    ("capability", "tensorflow", "code"),
    [
        ((3, 5), "2.14.1", Code.SASS),
        ((3, 7), "2.14.1", Code.SASS),  # machine code for 3.5, of the same major version
        ((3, 0), "2.14.1", None),  # a lower minor version
        ((3, 7), "2.15.1", None),
        ((8, 6), "2.14.1", Code.PTX),  # machine code ends at 7.5, PTX is for 8.0
        ((8, 6), "2.21.0", Code.SASS),
        ((9, 0), "2.21.0", Code.PTX),
        ((9, 0), "2.20.0", Code.PTX),
        ((10, 0), "2.20.0", None),  # its PTX is for sm_90a
        ((10, 0), "2.21.0", Code.PTX),
        ((5, 2), "2.17.1", None),  # machine code begins at 6.0
    ],
)
def test_a_card_runs_machine_code_of_its_major_version_and_older_ptx(
    capability: tuple[int, int], tensorflow: str, code: Code | None
) -> None:
    assert code_for(gpu_with(capability), row(tensorflow)) is code


def test_the_newest_good_release_of_a_minor_version_is_taken() -> None:
    (chosen,) = release.candidates(question("Tesla T4", wishes=Wishes(release="2.15")))
    assert chosen.release == "2.15.1"
    assert [each.release for each in release.candidates(question("Tesla T4"))][:2] == ["2.21.0", "2.20.0"]


def test_a_wheel_that_is_known_to_be_wrong_is_refused() -> None:
    with pytest.raises(ContradictionError, match="half as large"):
        release.candidates(question("Tesla K80", wishes=Wishes(release="1.12.2")))


def test_a_release_that_nobody_knows_is_an_error_of_usage() -> None:
    with pytest.raises(UnknownReleaseError, match=r"no TensorFlow 2\.99 is known"):
        answer("Tesla T4", wishes=Wishes(release="2.99"))


def test_a_card_in_an_aarch64_host_is_refused() -> None:
    with pytest.raises(ContradictionError, match="built without CUDA"):
        cards.go_with_the_host(question("T4G"))


def test_a_job_has_to_fit_on_the_largest_card() -> None:
    asked, has = cards.hold_the_job(question("Tesla T4", "L4", wishes=Wishes(gpu_memory_mib=20000)))
    assert (asked.statement, has.statement) == ("a job needs 20000 MiB on one card", "L4 has 22888 MiB")
    with pytest.raises(ContradictionError, match="16384"):
        cards.hold_the_job(question("Tesla T4", wishes=Wishes(gpu_memory_mib=20000)))


def test_a_card_whose_memory_is_unknown_makes_the_stack_unsure() -> None:
    (unknown,) = cards.hold_the_job(question("GeForce GTX 980M", wishes=Wishes(gpu_memory_mib=2000)))
    assert unknown.confidence == "low"


def test_venv_takes_the_distributions_python_and_conda_the_newest() -> None:
    venv, _ = python.choose(question(builder=Builder.VENV), row("2.21.0"))
    conda, _ = python.choose(question(), row("2.21.0"))
    assert (venv, conda) == ("3.11", "3.13")


def test_an_extra_that_cannot_be_installed_narrows_the_pythons() -> None:
    asked = question("Tesla T4")
    assert python.pythons(asked, row("2.14.1")) == ("3.9", "3.10")
    assert python.pythons(question(), row("2.14.1")) == ("3.9", "3.10", "3.11")
    with pytest.raises(ContradictionError, match="tensorrt-libs"):
        python.choose(asked, row("2.15.0"))


def test_a_python_that_is_wished_is_kept_or_refused() -> None:
    wished = Wishes(python="3.10")
    assert python.choose(question(wishes=wished), row("2.21.0"))[0] == "3.10"
    with pytest.raises(ContradictionError, match=r"Debian 12 has Python 3\.11"):
        python.choose(question(wishes=wished, builder=Builder.VENV), row("2.21.0"))


def test_a_card_that_is_too_old_for_all_hears_of_the_last_release_for_it() -> None:
    refusal = answer("GRID K520")
    assert isinstance(refusal, Refusal)
    first, second = refusal.contradiction
    assert first.statement == "GRID K520 (Kepler) has compute capability 3.0; driver 470 is the last for it"
    assert "1.4.1 is the last that has, and it is for Python 3.3, 3.4, 3.5 and 3.6" in second.statement
