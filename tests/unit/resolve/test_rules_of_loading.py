"""What TensorFlow's own loader said decides: sure, by links, the next release, or unsure."""

from dataclasses import replace

import pytest

from orchestrator.catalog import Catalog, load
from orchestrator.catalog.frameworks.loading import LibraryOrigin, LoadOutcome, TensorFlowLoading
from orchestrator.models import Confidence, Stack, Wishes
from orchestrator.resolve.rules import loading
from orchestrator.resolve.rules.question import ContradictionError
from tests.unit.resolve.questions import answer, question, release

CUSOLVER = ("libcusolver.so.11",)


def row(tensorflow: str = "2.21.0", **changes: object) -> TensorFlowLoading:
    """A release that finds everything, with changes."""
    whole = TensorFlowLoading(
        tensorflow=tensorflow,
        pythons=("3.10", "3.11", "3.12", "3.13"),
        libraries=LibraryOrigin.WHEELS,
        outcome=LoadOutcome.LOADED,
        asked=("libcudnn.so.9", *CUSOLVER),
        source="its own loader",
        confidence=Confidence.HIGH,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]  # a builder's overrides


def knowing(*rows: TensorFlowLoading) -> Catalog:
    """The catalog with these rows about loading and no others."""
    return replace(load(), tensorflow_loading=rows)


def stack(catalog: Catalog, wishes: Wishes | None = None) -> Stack:
    """For a Tesla T4."""
    found = answer("Tesla T4", catalog=catalog, wishes=wishes or Wishes())
    assert isinstance(found, Stack)
    return found


def test_a_release_that_was_never_loaded_is_not_sure() -> None:
    found = stack(knowing())
    assert found.unsure
    (why,) = [fact.statement for fact in found.facts if fact.confidence is Confidence.LOW]
    assert (
        why
        == "whether TensorFlow 2.21.0 with Python 3.13 finds NVIDIA's libraries where pip puts them was never tried"
    )


def test_a_release_that_was_loaded_is_sure_and_the_fact_names_its_source() -> None:
    found = stack(knowing(row()))
    assert not found.unsure
    assert found.linked_libraries == ()
    assert "its own loader" in {fact.source for fact in found.facts}


def test_with_another_python_than_it_was_loaded_with_it_is_not_sure() -> None:
    catalog = knowing(row(pythons=("3.12",)))
    assert stack(catalog, Wishes(python="3.11")).unsure
    assert not stack(catalog, Wishes(python="3.12")).unsure


def test_where_links_mend_it_the_stack_says_what_is_linked() -> None:
    found = stack(knowing(row(outcome=LoadOutcome.MENDED, missing=CUSOLVER, links=("a/link",))))
    assert (found.release, found.linked_libraries, found.unsure) == ("2.21.0", CUSOLVER, False)
    assert any(
        "libcusolver.so.11 where pip puts them only through links" in fact.statement for fact in found.facts
    )


def test_a_release_that_finds_its_libraries_in_no_way_gives_way_to_the_next() -> None:
    failing = row(outcome=LoadOutcome.FAILED, missing=CUSOLVER, left=CUSOLVER)
    found = stack(knowing(failing, row("2.20.0")))
    assert (found.release, found.unsure) == ("2.20.0", False)


def test_when_it_was_wished_it_is_refused_with_what_it_does_not_find() -> None:
    asked = question(
        "Tesla T4", catalog=knowing(row(outcome=LoadOutcome.FAILED, missing=CUSOLVER, left=CUSOLVER))
    )
    with pytest.raises(ContradictionError, match=r"does not find libcusolver\.so\.11 where pip puts them"):
        loading.loads(asked, release("2.21.0"), "3.12")


def test_what_no_gpu_depends_on_is_told_and_refuses_nothing() -> None:
    catalog = knowing(row(missing=("libnccl.so.2",), left=("libnccl.so.2",)))
    (found,) = loading.loads(question("Tesla T4", catalog=catalog), release("2.21.0"), "3.12").facts
    assert found.statement.endswith("finds all that a GPU needs where pip puts them, but not libnccl.so.2")


def test_libraries_of_the_system_are_another_question() -> None:
    asked = question(
        "Tesla T4", catalog=knowing(row("2.13.1", pythons=("3.11",), libraries=LibraryOrigin.SYSTEM))
    )
    (found,) = loading.loads(asked, release("2.13.1"), "3.11").facts
    assert (
        found.statement == "the loader of TensorFlow 2.13.1 finds all that a GPU needs on the linker's path"
    )


def test_on_the_cpu_nothing_has_to_be_found() -> None:
    asked = question(catalog=knowing())
    assert loading.loads(asked, release("2.21.0"), "3.12") == loading.Loads()
