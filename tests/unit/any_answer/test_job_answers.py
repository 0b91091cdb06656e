"""Whatever a host says of a job and of who we are there: a state, or an error of ours; never a traceback."""

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.errors import GarbledAnswerError
from orchestrator.jobs.unit import Job, read_facts, read_state
from orchestrator.sanitize import sanitized
from tests.unit.any_answer.anything import ANY_TEXT, STRANGE_TEXT, assert_an_error_of_ours
from tests.unit.builders import ScriptedShell, completed

JOB = Job(id="c0ffee-smoke", name="smoke", argv=("python3",), files={}, timeout_s=60)
WORDS = st.one_of(
    STRANGE_TEXT,
    ANY_TEXT,
    st.sampled_from(
        ["active", "inactive", "success", "exit-code", "0", "17", "1764338400", "12.5", "²", "-1"]
    ),
    st.just("0b5c1e5e-4a0e-4a3f-9d7a-2f4f0c1b2a3d"),
)
LINE = st.lists(WORDS, max_size=6).map(" ".join)


@settings(max_examples=150)
@given(LINE, LINE, ANY_TEXT)
def test_any_state_of_a_job_is_read(first: str, second: str, printed: str) -> None:
    """As every shell leaves what a host prints: sanitized."""
    shell = ScriptedShell(lambda _argv: completed(sanitized(f"{first}\n{second}\n{printed}")))
    state = read_state(shell, JOB, offset=7)
    assert state.offset >= 0
    assert state.exit_code is None or 0 <= state.exit_code < 1000
    assert state.clock is None or state.clock.age_s is None or isinstance(state.clock.age_s, float)


@settings(max_examples=100)
@given(st.lists(WORDS, max_size=4).map("\n".join))
def test_any_word_of_who_we_are_is_read_or_refused(said: str) -> None:
    try:
        facts = read_facts(ScriptedShell(lambda _argv: completed(said)))
    except GarbledAnswerError as error:
        assert_an_error_of_ours(error, "asked who we are there, it answers")
        return
    assert 0 <= facts.nvidia_cards < 10_000
