"""How cloud-init's own words are read."""

import json

import pytest

from gpuhost.first_contact.boot import read


def said(status: str, *errors: str) -> str:
    return json.dumps({"status": status, "errors": list(errors), "extended_status": status})


@pytest.mark.parametrize("status", ["", "not JSON", said("running"), said("not started"), said("not run")])
def test_what_is_not_through_yet_is_running(status: str) -> None:
    assert read(status, "").progress == "running"


@pytest.mark.parametrize("word", ["done", "disabled"])
def test_what_is_through_is_done(word: str) -> None:
    assert read(said(word), "") == ("done", [], [])


@pytest.mark.parametrize(
    "status", [said("error"), said("done", "('scripts_user', RuntimeError('Runparts'))"), said("degraded")]
)
def test_an_error_is_a_failure_with_the_end_of_the_log(status: str) -> None:
    state = read(status, "\n".join(f"line {number}" for number in range(40)))
    assert state.progress == "failed"
    assert state.log[-1] == "line 39"
    assert len(state.log) == 12
