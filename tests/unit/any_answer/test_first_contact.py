"""Whatever a host says at first contact: a state, a key that OpenSSH can hold, or an error of ours; never a traceback."""

import base64
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from gpuhost.first_contact.boot import read
from orchestrator.errors import GarbledAnswerError
from orchestrator.stages.launch.first_contact import boot_from, key_from
from tests.unit.any_answer.anything import ANY_TEXT, ANYTHING, BROKEN, assert_an_error_of_ours, spoilt
from tests.unit.builders import HOST_KEY, completed, host

BOOT = {"progress": "failed", "errors": ["('scripts_user', RuntimeError('Runparts'))"], "log": ["line 1"]}


def test_what_the_program_says_is_read() -> None:
    said = boot_from(host(), completed(f"Welcome!\n{json.dumps(BOOT)}\n"))
    assert (said.progress, said.errors, said.log) == ("failed", tuple(BOOT["errors"]), ("line 1",))
    assert key_from(host(), completed(json.dumps({"public_key": HOST_KEY}))) == HOST_KEY


@settings(max_examples=120)
@given(spoilt(BOOT))
def test_any_word_of_the_first_boot_is_a_state_or_an_error(said: str) -> None:
    try:
        boot = boot_from(host(), completed(said))
    except GarbledAnswerError as error:
        assert_an_error_of_ours(error, "lab-1: first contact stopped at `")
        return
    assert boot.progress in {"running", "done", "failed"}
    assert not any("\n" in line for line in (*boot.errors, *boot.log))


@settings(max_examples=100)
@given(
    spoilt({"public_key": HOST_KEY})
    | st.binary(max_size=60).map(
        lambda blob: json.dumps({"public_key": f"ssh-ed25519 {base64.b64encode(blob).decode()}"})
    )
)
def test_any_key_is_one_or_an_error(said: str) -> None:
    try:
        key = key_from(host(), completed(said))
    except GarbledAnswerError as error:
        assert_an_error_of_ours(error, "lab-1: first contact stopped at `")
        return
    kind, blob = key.split(" ")
    assert (kind, len(base64.b64decode(blob))) == ("ssh-ed25519", 51)


@given(ANY_TEXT, ANY_TEXT)
def test_a_step_that_fails_in_any_words_is_told(stdout: str, stderr: str) -> None:
    for read_answer in (boot_from, key_from):
        try:
            read_answer(host(), completed(stdout, stderr=stderr, exit_code=1))
        except GarbledAnswerError as error:
            assert_an_error_of_ours(error, "lab-1: first contact stopped at `")
        else:
            raise AssertionError("a step that failed was taken for an answer")


@given(BROKEN | ANYTHING.map(json.dumps) | spoilt({"status": "error", "errors": ["one"]}))
def test_whatever_cloud_init_prints_on_the_host_is_a_state(status: str) -> None:
    assert read(status, "log").progress in {"running", "done", "failed"}
