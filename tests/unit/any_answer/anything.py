"""What a broken or hostile host might say: any JSON value, and a document of ours with any value in any place."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from orchestrator.errors import ExitCode, OrchestrateError

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
NUMBERS = st.one_of(
    st.integers(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([-1, 0, 2**63, 10**19, 10**30, 1e308, -0.0, 5e-324]),
)
STRANGE_TEXT = st.sampled_from(
    [
        "",
        " ",
        "²",
        "٣",
        "9" * 5000,
        "nan",
        "inf",
        "1e999",
        "a\nb",
        "0001-01-01T00:00:00+23:59",
        "$(reboot)",
        "\ud800",
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | ANY_TEXT | STRANGE_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
BROKEN = st.one_of(
    st.binary(max_size=80).map(lambda content: content.decode(errors="replace")),
    st.sampled_from(
        ["", "null", "[]", "{}", "[" * 100_000, '{"a": 1, "a": 2}', "9" * 5000, "1e999", "NaN", '"', "\0"]
    ),
)


def spoilt(document: Any) -> st.SearchStrategy[str]:
    """The document with any value in one place, or without that place; or something that is no document at all."""
    places = st.sampled_from(list(_places(document, ())))
    return (
        st.builds(_with, st.just(document), places, ANYTHING | st.just(_GONE))
        | ANYTHING.map(json.dumps)
        | BROKEN
    )


def assert_an_error_of_ours(
    error: OrchestrateError, begins: str = "", code: ExitCode = ExitCode.CONVERGE
) -> None:
    """One line with a way out, and the exit code that --help has."""
    assert error.cause.startswith(begins)
    assert "\n" not in error.cause
    assert error.hint
    assert error.exit_code is code


_GONE = object()


def _places(document: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    inner = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document if isinstance(document, list) else ())
    )
    for key, value in inner:
        yield (*path, key)
        yield from _places(value, (*path, key))


def _with(document: Any, path: tuple[Any, ...], value: object) -> str:
    changed = json.loads(json.dumps(document))
    place = changed
    for key in path[:-1]:
        place = place[key]
    if value is _GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(changed)
