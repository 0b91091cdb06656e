"""What the program's own texts tell a user to type, found in the source without running it.

A command stands between backticks, or is the whole text. What a text is made of at run time is filled in by example.
"""

import ast
import itertools
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import click

from orchestrator.cli import COMMANDS, cli
from tests.repo.code.modules import Module, walked

PROGRAMS = frozenset(
    {
        *(
            "apt-get",
            "aws",
            "cloud-init",
            "df",
            "dkms",
            "docker",
            "du",
            "fuser",
            "getent",
            "ip",
            "journalctl",
        ),
        *("kill", "loginctl", "lsof", "lspci", "make", "mokutil", "nft", "nvidia-smi", "orchestrate", "pip"),
        *("podman", "ps", "python3", "rm", "ss", "ssh", "ssh-add", "ssh-keygen", "sshd", "sudo", "systemctl"),
        *("timedatectl", "ufw", "uname", "update-initramfs", "visudo"),
    }
)
"""What a text may tell a user to run."""

SPAN = re.compile(r"`([^`]+)`")
BARE = re.compile(rf"(?<![`\w./@-])orchestrate (?:{'|'.join(COMMANDS)})\b")
HOLE = re.compile(r"\{[^{}]*\}")
FILLINGS = ("lab-1", "2", "", " --name lab", "--name lab")
"""What a hole may stand for: a name, a number, an option with its value, or nothing."""
COMMENT = re.compile(r"  # .*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string of the source, its holes in braces."""

    path: PurePosixPath
    line: int
    words: str


def texts(module: Module) -> Iterator[Text]:
    """Every line of every string of a module that is no docstring; parts that are added together are one string."""
    skipped = {id(node.value) for node in walked(module.tree) if isinstance(node, ast.Expr)}
    for node in walked(module.tree):
        if id(node) not in skipped and isinstance(node, ast.expr) and (written := _written(node)) is not None:
            skipped |= {id(inner) for inner in walked(node) if inner is not node}
            for words in written.split("\n"):
                yield Text(path=module.path, line=node.lineno, words=words.removeprefix("  try: "))


def commands(words: str) -> tuple[str, ...]:
    """What a text tells to run: each span that begins with a program, or the whole of it."""
    spans = tuple(span for span in SPAN.findall(words) if _program(span) in PROGRAMS)
    whole = COMMENT.sub("", words)
    return spans if spans or _program(whole) not in PROGRAMS else (whole,)


def unmarked(words: str) -> tuple[str, ...]:
    """Commands of ours in a sentence that nothing sets apart from its words."""
    whole = COMMENT.sub("", words)
    if BARE.match(whole) and not refusal(whole):
        return ()
    return tuple(BARE.findall(SPAN.sub("", words)))


def refusal(command: str) -> str:
    """What the command line says to a command of ours, with each hole filled in one way or another; empty when it takes it."""
    holes = HOLE.findall(command)
    said = ""
    for fillings in itertools.islice(itertools.product(FILLINGS, repeat=len(holes)), 700):
        rest = iter(fillings)
        try:
            words = shlex.split(HOLE.sub(lambda _: next(rest), command))  # noqa: B023  called at once
        except ValueError as error:
            said = said or str(error)
            continue
        answer = _parsed(words[1:])
        if not answer:
            return ""
        said = said or answer
    return said


def _parsed(words: Sequence[str]) -> str:
    context = click.Context(cli, info_name="orchestrate", obj=tuple(words))
    if not words:
        return ""
    try:
        name, command, rest = cli.resolve_command(context, list(words))
        if command is not None:
            command.make_context(name, rest, parent=context)
    except click.exceptions.Exit:
        return ""  # --help, --version
    except click.ClickException as error:
        return error.format_message()
    return ""


def _program(words: str) -> str:
    first, _, rest = words.partition(" ")
    return first if rest or first in {"visudo", "nvidia-smi"} else ""


def _written(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str() as value):
            return value
        case ast.JoinedStr(values=values):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in values)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            sides = (_written(left), _written(right))
            return "".join(side if side is not None else "{…}" for side in sides) if any(sides) else None
        case _:
            return None
