"""What an error says to type, as the user of this call has to type it: with the fleet, the cloud and the wishes that were given.

Asks nobody, and changes nothing but words.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

import click

SPAN = re.compile(r"`(orchestrate [^`]+)`")
WHOLE = re.compile(r"^(\s*(?:try: )?)(orchestrate [^`#]+?)((?:  #.*)?)$")

CARRIED = frozenset(
    {
        *("--name", "--cloud", "--config", "--rehearse", "--region", "--hosts", "--distribution", "--with"),
        *("--instance-type", "--cheapest", "--spot", "--max-hours"),
        *("--ask-become-pass", "--ask-vault-pass"),
        *(
            "--framework",
            "--tensorflow",
            "--jax",
            "--torch",
            "--cuda",
            "--python",
            "--driver",
            "--gpu-memory",
            "--builder",
        ),
    }
)
"""Options that say which fleet is meant and what it shall be. Without them another fleet would be meant, or another plan."""

NOT_CARRIED = {"aws-policy": frozenset({"--rehearse"})}
"""Command -> what it takes, and is of no use there: a rehearsal needs no policy. No fault is carried at all: it is to be left behind."""


def as_command(line: str, group: click.Group, words: Sequence[str]) -> str:
    """The line with what `words` gave of CARRIED in each command of ours that takes it and does not say it itself.

    Args:
        line: of an error. A command stands between backticks, or is all that the line holds behind `try:`.
        group: the command line.
        words: what was typed behind `orchestrate`.
    """
    given = _given(group, words)
    if not given:
        return line
    if found := WHOLE.match(line):
        return f"{found[1]}{_carrying(found[2], group, given)}{found[3]}"
    return SPAN.sub(lambda span: f"`{_carrying(span[1], group, given)}`", line)


def _given(group: click.Group, words: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Option -> the words that say it; empty where the words cannot be understood."""
    command = _command(group, words[:1])
    if command is None:
        return {}
    return {name: said for name, said in _options(command, words[1:]) if name in CARRIED}


def _carrying(hint: str, group: click.Group, given: Mapping[str, tuple[str, ...]]) -> str:
    words = hint.split(" ")
    command = _command(group, words[1:2])
    if command is None:
        return hint
    takes = {option for parameter in command.params for option in parameter.opts}
    takes -= NOT_CARRIED.get(words[1], frozenset())
    said = {word.partition("=")[0] for word in words}
    more = [shlex.join(option) for name, option in given.items() if name in takes and name not in said]
    return " ".join((*words[:2], *more, *words[2:]))


def _options(command: click.Command, words: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each option of the command with its value, in the order in which they were typed."""
    flags = {
        option: isinstance(parameter, click.Option) and parameter.is_flag
        for parameter in command.params
        for option in parameter.opts
    }
    rest = iter(words)
    for word in rest:
        if word == "--":
            return
        name, equals, value = word.partition("=")
        if name not in flags:
            continue
        if flags[name]:
            yield name, (name,)
        elif equals or (value := next(rest, "")) != "":
            yield name, (name, value)


def _command(group: click.Group, words: Sequence[str]) -> click.Command | None:
    return group.get_command(click.Context(group), words[0]) if words else None
