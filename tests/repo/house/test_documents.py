"""What the documents tell a reader to type exists, and so do the files that they and the code name; fragments and decision records keep
their form."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import click
import pytest

from orchestrator.cli import cli
from orchestrator.errors import ExitCode
from tests.repo.tree import ROOT, Violation, assert_kept, files, files_under, read

FRAGMENT = re.compile(r"^\+[a-z0-9-]+\.(added|changed|fixed)\.md$")
RECORD = re.compile(r"^(\d{4})-[a-z0-9-]+\.md$")
IN_SPAN = re.compile(r"(?<!`)`(?:\.venv/bin/)?(orchestrate|make) ([^`\n#]*)`(?!`)")
IN_BLOCK = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?(orchestrate|make) ([^\n#]*)", re.MULTILINE)
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
NAMED = re.compile(
    r"(?<![\w./{}<*-])((?:benchmarks|collections|docs|examples|gpuhost|inventories|orchestrator|playbooks|roles|tests|tools|workloads)"
    r"/[\w./-]+\.(?:py|md|yml|csv|txt|toml|sh|j2|json))\b"
)
"""A file of this checkout, from the root or from beside who names it."""
RECORD_PARTS = ("Status", "Context", "Decision", "Alternatives", "Consequences")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A command line that a document shows."""

    path: PurePosixPath
    line: int
    program: str
    words: tuple[str, ...]


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", read(PurePosixPath("Makefile")), re.MULTILINE))
    assert_kept(
        Violation(
            path=typed.path,
            line=typed.line,
            rule=f"no target {word}",
            remedy=f"one of {', '.join(sorted(targets))}",
        )
        for typed in typed_commands()
        if typed.program == "make"
        for word in typed.words
        if "=" not in word and word not in targets
    )


def test_every_orchestrate_command_and_option_in_the_documents_exists() -> None:
    assert_kept(
        found for typed in typed_commands() if typed.program == "orchestrate" for found in strangers(typed)
    )


def test_every_link_between_documents_leads_somewhere() -> None:
    assert_kept(
        Violation(path=path, line=0, rule=f"no {target}", remedy="mend the link")
        for path in documents()
        for target in LINK.findall(read(path))
        if not (ROOT / path.parent / target).exists()
    )


def test_every_file_that_is_named_somewhere_is_there() -> None:
    naming = [path for path in files() if path.suffix in {"", ".csv", ".j2", ".md", ".py", ".toml", ".yml"}]
    # The house's rules are tried on files that are made up.
    naming = [path for path in naming if path.parts[:2] != ("tests", "repo")]
    assert_kept(found for path in naming for found in absent(path, read(path)))


def test_the_readme_opens_with_the_two_commands() -> None:
    blocks = BLOCK.findall(read(PurePosixPath("README.md")))
    assert [line.split("#")[0].strip() for line in blocks[0].splitlines()] == ["make up", "make test"]


def test_the_readme_lists_every_command_and_exit_code() -> None:
    text = read(PurePosixPath("README.md"))
    assert [
        name for name in cli.list_commands(click.Context(cli)) if f"| `orchestrate {name}` |" not in text
    ] == []
    (line,) = re.findall(r"^Exit codes: .*$", text, re.MULTILINE)
    assert [int(number) for number in re.findall(r"\d+", line)] == [code.value for code in ExitCode]


def test_every_changelog_fragment_has_an_allowed_name_and_says_something() -> None:
    fragments = [path for path in files_under("changelog.d") if path.name != "README.md"]
    assert_kept(
        Violation(
            path=path, line=0, rule="not a fragment", remedy="+subject.added.md, .changed.md or .fixed.md"
        )
        for path in fragments
        if not FRAGMENT.match(path.name) or not read(path).strip()
    )


def test_decision_records_are_numbered_without_gaps_and_listed() -> None:
    records = [
        path
        for path in files_under("docs", suffix=".md")
        if path.parent.name == "adr" and path.name != "README.md"
    ]
    numbers = [int(found[1]) for path in records if (found := RECORD.match(path.name))]
    assert numbers == list(range(1, len(records) + 1)), [path.name for path in records]
    listed = read(PurePosixPath("docs/adr/README.md"))
    assert [path.name for path in records if f"({path.name})" not in listed] == [], (
        "not listed in docs/adr/README.md"
    )


def test_every_decision_record_has_its_five_parts() -> None:
    assert_kept(
        Violation(path=path, line=0, rule=f"no part {part}", remedy="see docs/adr/0001-record-decisions.md")
        for path in files_under("docs", suffix=".md")
        if RECORD.match(path.name)
        for part in RECORD_PARTS
        if not re.search(rf"^(## )?{part}\b", read(path), re.MULTILINE)
    )


@pytest.mark.parametrize("line", ["orchestrate fly", "orchestrate up --fast"])
def test_a_command_or_option_that_does_not_exist_is_seen(line: str) -> None:
    program, *words = line.split()
    typed = Typed(path=PurePosixPath("README.md"), line=1, program=program, words=tuple(words))
    assert len(list(strangers(typed))) == 1


def test_a_file_that_is_not_there_is_seen() -> None:
    line = 'CONSTRAINTS = ROOT / "roles/ml_env/files/constraints-tensorflow-2.21.txt"'
    assert [found.line for found in absent(PurePosixPath("benchmarks/overhead.py"), f"\n{line}")] == [2]


def absent(path: PurePosixPath, text: str) -> Iterator[Violation]:
    """Files that a text names and that are not there."""
    for number, line in enumerate(text.splitlines(), start=1):
        for name in NAMED.findall(line):
            if not ((ROOT / name).exists() or (ROOT / path.parent / name).exists()):
                yield Violation(
                    path=path,
                    line=number,
                    rule=f"names {name}, which is not there",
                    remedy="name the file that is meant",
                )


def documents() -> tuple[PurePosixPath, ...]:
    """Every Markdown file that a person reads."""
    return tuple(path for path in files() if path.suffix == ".md")


def typed_commands() -> Iterator[Typed]:
    """What the documents tell a reader to type, in spans and blocks of code."""
    for path in documents():
        text = read(path)
        blocks = [(block.start(1), block[1]) for block in BLOCK.finditer(text)]
        for pattern, parts in ((IN_SPAN, [(0, text)]), (IN_BLOCK, blocks)):
            for start, part in parts:
                for found in pattern.finditer(part):
                    line = text.count("\n", 0, start + found.start()) + 1
                    yield Typed(path=path, line=line, program=found[1], words=tuple(shlex.split(found[2])))


def strangers(typed: Typed) -> Iterator[Violation]:
    """Words of an `orchestrate` line that its command line would refuse."""
    context = click.Context(cli)
    name = next((word for word in typed.words if not word.startswith("-")), None)
    command = cli.get_command(context, name) if name else cli
    parameters = [parameter for each in (cli, command) if each for parameter in each.params]
    known = {"--help", *(option for each in parameters for option in (*each.opts, *each.secondary_opts))}
    words = typed.words[: typed.words.index("--")] if "--" in typed.words else typed.words
    wrong = [word for word in words if word.startswith("-") and word.partition("=")[0] not in known]
    for word in [name, *wrong] if command is None else wrong:
        yield Violation(
            path=typed.path, line=typed.line, rule=f"orchestrate knows no {word}", remedy="orchestrate --help"
        )
