"""Whatever the program tells a user to type is a command that its command line takes."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

import pytest

from tests.repo.code.modules import modules
from tests.repo.house.messages import Text, commands, refusal, texts, unmarked
from tests.repo.tree import Violation, assert_kept, files_under, read

SHIPPED = ("orchestrator", "gpuhost", "workloads", "roles")
EXTRA = re.compile(r"orchestrate\[([a-z,]+)\]")


def test_every_command_of_ours_in_a_message_is_one_that_the_command_line_takes() -> None:
    assert_kept(
        Violation(path=text.path, line=text.line, rule=f"{command}: {said}", remedy="orchestrate --help")
        for text in messages()
        for command in commands(text.words)
        if command.startswith("orchestrate ") and (said := refusal(command))
    )


def test_every_command_of_ours_in_a_sentence_stands_between_backticks() -> None:
    assert_kept(
        Violation(path=text.path, line=text.line, rule=f"{found} … is not set apart", remedy=f"`{found} …`")
        for text in messages()
        for found in unmarked(text.words)
    )


def test_every_extra_that_a_message_tells_to_install_is_declared() -> None:
    declared = set(re.findall(r"^([a-z]+) = \[", read(PurePosixPath("pyproject.toml")), re.MULTILINE))
    told = {
        (text.path, extra)
        for text in messages()
        for found in EXTRA.findall(text.words)
        for extra in found.split(",")
    }
    assert {extra for _, extra in told} <= declared
    assert told


@pytest.mark.parametrize(
    "command",
    [
        "orchestrate down --name {…}",
        "orchestrate ssh{…} {…} -- {…}",
        "orchestrate trust {…}{…}",
        "orchestrate extend --hours {…}",
        "orchestrate plan --help",
    ],
)
def test_a_command_with_holes_is_tried_with_what_may_stand_there(command: str) -> None:
    assert refusal(command) == ""


@pytest.mark.parametrize(
    "command",
    [
        "orchestrate fly",
        "orchestrate up --fast",
        "orchestrate extend --hours soon",
        "orchestrate status shows the host",
        "orchestrate ssh 'lab",
    ],
)
def test_a_command_that_would_be_refused_is_seen(command: str) -> None:
    assert refusal(command)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("orchestrate down, then orchestrate up", 2),
        ("orchestrate up goes on from here", 1),
        ("wait a minute, then orchestrate up", 1),
        ("`orchestrate down`, then `orchestrate up`", 0),
        ("orchestrate down --yes", 0),
        ("orchestrate did not make it", 0),
    ],
)
def test_a_command_in_a_sentence_is_told_from_one_that_is_all_there_is(words: str, found: int) -> None:
    assert len(unmarked(words)) == found


@cache
def messages() -> tuple[Text, ...]:
    """Every text of what is shipped: strings of Python, lines of anything else that roles hold."""
    return tuple(_messages())


def _messages() -> Iterator[Text]:
    for module in modules(*SHIPPED):
        yield from texts(module)
    for path in files_under("roles", "playbooks"):
        if path.suffix in {".yml", ".j2"} and "molecule" not in path.parts:
            for number, line in enumerate(read(path).splitlines(), start=1):
                if not line.lstrip().startswith("#"):
                    yield Text(path=path, line=number, words=line)
