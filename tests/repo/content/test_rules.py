"""Each rule for roles, tried on YAML that breaks it and on YAML that keeps it."""

from collections.abc import Iterable
from pathlib import PurePosixPath

import pytest

from tests.repo.content import rules
from tests.repo.content.roles import Role, load, load_mapping, tasks
from tests.repo.tree import Violation

PATH = PurePosixPath("roles/clock/tasks/install.yml")
SPECS = "argument_specs: {main: {options: {clock_state: {choices: [present, absent]}}}}"


def clock(*files: str) -> Role:
    return Role(name="clock", files=frozenset(map(PurePosixPath, files)))


@pytest.mark.parametrize(
    "text",
    [
        "- name: Ask\n  ansible.builtin.command: {argv: [date]}\n  changed_when: false\n  register: clock_answer",
        "- name: Set\n  ansible.builtin.set_fact: {answer: 1}",
        "- name: Loop\n  ansible.builtin.debug: {msg: a}\n  loop: [1]\n  loop_control: {loop_var: item_name}",
        "- name: Outer\n  block:\n    - name: Inner\n      ansible.builtin.debug: {msg: a}\n      vars: {answer: 1}",
    ],
)
def test_an_internal_name_without_its_prefix_is_seen(text: str) -> None:
    assert len([found for task in tasks(PATH, text) for found in rules.internal_names(clock(), task)]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "- name: Install\n  apt: {name: chrony}",
        "- name: Open\n  community.general.ufw: {rule: allow}",
        "- name: Ask\n  ansible.builtin.shell: date | wc\n  changed_when: false",
        "- name: Ask\n  ansible.builtin.command: date\n  changed_when: false",
        "- name: Ask\n  ansible.builtin.command: {argv: [date]}",
        "- name: Check\n  ansible.builtin.assert: {that: [true]}",
    ],
)
def test_a_foreign_module_a_shell_or_a_silent_command_is_seen(text: str) -> None:
    assert [found.line for task in tasks(PATH, text) for found in rules.modules(task)] == [1]


@pytest.mark.parametrize(
    "text",
    [
        "- name: Install\n  ansible.builtin.apt: {name: chrony}\n  register: a\n  until: a is success",
        "- name: Update\n  ansible.builtin.command: {argv: [apt-get, --quiet, update]}\n  changed_when: true",
        "- name: Install\n  ansible.builtin.command:\n    argv: \"{{ __clock_apt + ['install'] + names }}\"\n",
    ],
)
def test_a_fetch_by_apt_that_is_tried_once_is_seen(text: str) -> None:
    assert [found.line for task in tasks(PATH, text) for found in rules.fetches(task)] == [1]


@pytest.mark.parametrize(
    "text",
    [
        "- name: Ask\n  ansible.builtin.command:\n    argv: \"{{ __clock_apt + ['--simulate', 'install'] }}\"\n",
        "- name: Remove\n  ansible.builtin.apt: {name: chrony, state: absent}",
        "- name: Install\n  ansible.builtin.apt: {name: a}\n  register: b\n  until: b is success\n  retries: 3\n  delay: 5",
    ],
)
def test_what_fetches_nothing_or_is_repeated_is_fine(text: str) -> None:
    assert [found for task in tasks(PATH, text) for found in rules.fetches(task)] == []


@pytest.mark.parametrize("text", ["mode: 0644", "state: latest", "version: latest", "ignore_errors: true"])
def test_an_unquoted_mode_a_floating_version_or_a_swallowed_failure_is_seen(text: str) -> None:
    assert [found.line for found in rules.values(PATH, load(f"- name: A\n  {text}"))] == [2]


@pytest.mark.parametrize(
    "text", ["when: ansible_distribution == 'Debian'", "{{ 'a' | community.general.json_query('b') }}"]
)
def test_an_injected_fact_or_a_foreign_filter_is_seen(text: str) -> None:
    assert len(list(rules.expressions(PATH, text))) == 1


def test_facts_by_their_own_name_are_fine() -> None:
    assert list(rules.expressions(PATH, "when: ansible_facts['distribution'] == 'Debian'")) == []


def test_a_missing_file_and_a_strange_folder_are_seen() -> None:
    complete = clock(*rules.REQUIRED_FILES, "tasks/install.yml")
    assert list(rules.shape(complete)) == []
    assert (
        len(list(rules.shape(clock(*rules.REQUIRED_FILES[1:], "tasks/install.yml", "library/clock.py")))) == 2
    )


@pytest.mark.parametrize(
    ("defaults", "specs", "seen"),
    [
        ("clock_state: present", SPECS, []),
        ("clock_state: present\nclock_zone: UTC", SPECS, ["clock_zone has no argument spec"]),
        ("{}", SPECS, ["clock_state has no default"]),
        (
            "clock_state: present",
            "argument_specs: {main: {options: {clock_state: {type: str, default: a, choices: [present, absent]}}}}",
            ["a value in the argument specs"],
        ),
        (
            "clock_state: present",
            "argument_specs: {main: {options: {clock_state: {choices: [present]}}}}",
            ["no clock_state with choices [present, absent]"],
        ),
    ],
)
def test_defaults_and_specs_that_disagree_are_seen(defaults: str, specs: str, seen: list[str]) -> None:
    assert said(rules.variables(clock(), load_mapping(defaults), load_mapping(specs))) == seen


def test_a_variable_without_prefix_is_seen() -> None:
    specs = "argument_specs: {main: {options: {zone: {}, clock_state: {choices: [present, absent]}}}}"
    found = rules.variables(clock(), load_mapping("zone: UTC\nclock_state: present"), load_mapping(specs))
    assert said(found) == ["zone lacks the role's prefix"]


@pytest.mark.parametrize(
    "text",
    [
        "- name: Install\n  ansible.builtin.apt: {name: chrony}\n  tags: [clock]",
        "- name: Install\n  ansible.builtin.import_tasks: install.yml",
    ],
)
def test_a_task_or_an_untagged_import_in_the_table_of_contents_is_seen(text: str) -> None:
    assert said(rules.contents(clock(), load(text))) == ["not an import with its tags"]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("inventory:\n  group_vars:\n    all:\n      clock_stat: absent\n      ansible_user: a", [4]),
        ("inventory:\n  host_vars:\n    one:\n      colour: red", [4]),
        ("- hosts: all\n  vars:\n    clock_stat: absent", [3]),
        ("- hosts: all\n  vars:\n    answer: 1\n    clock_state: absent", []),
    ],
)
def test_a_variable_of_a_scenario_that_no_role_declares_is_seen(text: str, seen: list[int]) -> None:
    assert [found.line for found in rules.scenario_variables(PATH, load(text), {"clock_state"})] == seen


def said(violations: Iterable[Violation]) -> list[str]:
    return [each.rule for each in violations]
