"""What Python code here may not say, tried on every module, and each rule on a line that breaks it."""

import io
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

import pytest

from tests.repo.code import rules
from tests.repo.code.modules import Module, belongs, modules, parse
from tests.repo.tree import Violation, assert_kept, files_under, read

Rule = Callable[[Module], Iterator[Violation]]

SHIPPED = ("orchestrator", "gpuhost", "workloads")
OURS = (*SHIPPED, "tools", "benchmarks")
COLLECTION = "collections"
"""What runs on hosts in modules: in Python 3.9, which has no slotted dataclasses, and without `orchestrator.waiting`."""
EVERYWHERE = (*OURS, "tests")
SCOPES: dict[Rule, tuple[str, ...]] = {
    rules.sleeps: EVERYWHERE,
    rules.shells: (*EVERYWHERE, COLLECTION),
    rules.engine_calls: OURS,
    rules.keyword_catchers: (*OURS, COLLECTION),
    rules.mutable_values: OURS,
    rules.skips: ("tests",),
    rules.mocks: ("tests",),
    rules.curt_test_names: ("tests",),
}
FLAT_FOLDERS = {
    "benchmarks": "each file is a program of its own, and `make bench` runs them all",
    f"{COLLECTION}/ansible_collections/orchestrate/gpu/plugins/modules": "Ansible calls a module by its file's name alone",
}
"""Path -> why it may hold more source files than the limit."""

LONG_FILES = {
    "orchestrator/models.py": "a glossary: every value that passes between stages, and nothing else",
}
"""Path -> why it may be longer than the limit."""


@pytest.mark.parametrize("rule", SCOPES, ids=lambda rule: rule.__name__)
def test_no_module_breaks_the_rule(rule: Rule) -> None:
    assert_kept(found for module in modules(*SCOPES[rule]) for found in rule(module))


def test_the_process_is_ended_in_one_place_of_the_cli() -> None:
    everywhere = [found for module in modules("orchestrator") for found in rules.exits(module)]
    in_cli = [
        found
        for module in modules("orchestrator")
        if belongs(module.name, "orchestrator.cli")
        for found in rules.exits(module)
    ]
    assert_kept(set(everywhere) - set(in_cli[:1]))


def test_every_suppression_names_its_rule_and_reason() -> None:
    assert_kept(
        found
        for path in files_under(*EVERYWHERE, COLLECTION, suffix=".py")
        if rules.SUPPRESSION.search(read(path))  # to find the comments of a file takes long
        for found in rules.bare_suppressions(path, comments(read(path)))
    )


def test_every_file_is_named_by_its_subject() -> None:
    assert_kept(
        found
        for path in files_under(*EVERYWHERE, COLLECTION, "playbooks", "roles")
        for found in rules.vague_name(path)
    )


def test_no_file_is_two_things() -> None:
    assert_kept(
        Violation(
            path=path,
            line=count,
            rule=f"{count} lines, more than {rules.LINE_LIMIT}",
            remedy="split it by subject, or give the reason in LONG_FILES of tests/repo/code/test_language.py",
        )
        for path in files_under(*EVERYWHERE, COLLECTION, suffix=".py")
        if (count := len(read(path).splitlines())) > rules.LINE_LIMIT and str(path) not in LONG_FILES
    )


def test_no_folder_holds_more_than_seven_source_files() -> None:
    sources = (path for path in files_under(*OURS, COLLECTION, suffix=".py") if path.name != "__init__.py")
    assert_kept(
        Violation(
            path=folder,
            line=0,
            rule=f"{count} source files, more than {rules.FILES_PER_FOLDER}",
            remedy="make a package of those that belong together, or give the reason in FLAT_FOLDERS",
        )
        for folder, count in Counter(path.parent for path in sources).items()
        if count > rules.FILES_PER_FOLDER and str(folder) not in FLAT_FOLDERS
    )


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (rules.sleeps, "import time\ntime.sleep(1)"),
        (rules.shells, "subprocess.run(line, shell=True)"),
        (rules.shells, "os.system('true')"),
        (rules.engine_calls, "subprocess.run(('docker', 'ps'))"),
        (rules.exits, "sys.exit(1)"),
        (rules.exits, "raise SystemExit(main())"),
        (rules.keyword_catchers, "def f(**kwargs): ..."),
        (rules.mutable_values, "@dataclass(slots=True)\nclass A: ..."),
        (rules.mutable_values, "@dataclasses.dataclass\nclass A: ..."),
        (rules.skips, "@pytest.mark.skipif(True)\ndef test_a(): ..."),
        (rules.skips, "pytest.skip('later')"),
        (rules.mocks, "from unittest import mock"),
        (rules.mocks, "from unittest.mock import patch"),
        (rules.curt_test_names, "def test_it_works(): ..."),
    ],
)
def test_a_line_that_breaks_the_rule_is_seen(rule: Rule, text: str) -> None:
    assert len(list(rule(parse(PurePosixPath("orchestrator/sample.py"), text)))) == 1


@pytest.mark.parametrize(
    "line",
    ["x = 1  # noqa", "x = 1  # noqa: F401", "x = 1  # type: ignore"],
)
def test_a_suppression_without_code_or_reason_is_seen(line: str) -> None:
    assert len(list(rules.bare_suppressions(PurePosixPath("sample.py"), comments(line)))) == 1


@pytest.mark.parametrize(
    "line",
    ["x = 1  # noqa: F401  kept for importers", "x = f()  # type: ignore[no-any-return]", "x = '# noqa'"],
)
def test_a_suppression_with_code_and_reason_is_accepted(line: str) -> None:
    assert list(rules.bare_suppressions(PurePosixPath("sample.py"), comments(line))) == []


def test_a_vague_file_name_is_seen() -> None:
    assert len(list(rules.vague_name(PurePosixPath("orchestrator/key_manager.py")))) == 1


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Line number and text of each comment."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
