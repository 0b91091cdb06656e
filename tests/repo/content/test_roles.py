"""All roles have one shape and one way of writing, tried on every role."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.molecule.scenario import KINDS
from tests.repo.content import rules
from tests.repo.content.roles import Role, Task, load, load_file, load_mapping, roles, tasks, unreadable
from tests.repo.tree import ROOT, Violation, assert_kept, files_under, read
from tools.role_readme import renewed


def test_every_role_has_the_one_shape() -> None:
    assert_kept(found for role in roles() for found in rules.shape(role))


def test_every_role_is_of_one_kind_and_its_scenarios_are_run() -> None:
    listed = sorted(name for names in KINDS.values() for name in names)
    assert listed == sorted(role.name for role in roles())


def test_every_yaml_file_can_be_read() -> None:
    assert_kept(
        Violation(path=path, line=0, rule=f"no YAML: {why}", remedy="quote it")
        for path in files_under("roles", "playbooks", "inventories", "examples", ".config", suffix=".yml")
        if (why := unreadable(read(path)))
    )


def test_no_role_holds_an_empty_file() -> None:
    empty = (path for path in files_under("roles") if not read(path).replace("---", "").strip())
    assert_kept(
        Violation(path=path, line=0, rule="empty", remedy="delete it, or write what belongs there")
        for path in empty
    )


def test_defaults_and_argument_specs_name_the_same_variables() -> None:
    assert_kept(
        found
        for role in roles()
        for found in rules.variables(
            role,
            load_mapping(read(role.folder / "defaults/main.yml")),
            load_mapping(read(role.folder / "meta/argument_specs.yml")),
        )
    )


def test_the_main_task_file_is_a_table_of_contents() -> None:
    assert_kept(
        found
        for role in roles()
        if PurePosixPath("tasks/main.yml") in role.files
        for found in rules.contents(role, load(read(role.folder / "tasks/main.yml")))
    )


def test_what_apt_fetches_is_repeated_when_a_server_does_not_answer_well() -> None:
    assert_kept(found for role in roles() for task in tasks_of(role) for found in rules.fetches(task))


def test_internal_names_say_that_they_are_internal() -> None:
    assert_kept(
        found for role in roles() for task in tasks_of(role) for found in rules.internal_names(role, task)
    )


def test_variable_files_hold_internal_names() -> None:
    assert_kept(
        Violation(
            path=path, line=given.lines[name], rule=f"{name} is internal", remedy=f"name it __{role.name}_…"
        )
        for role in roles()
        for path in role.under("vars")
        for given in [load_mapping(read(path))]
        for name in given
        if not name.startswith(f"__{role.name}_")
    )


def test_roles_use_builtin_modules_in_full_and_no_shell() -> None:
    assert_kept(found for role in roles() for task in tasks_of(role) for found in rules.modules(task))


def test_modes_are_quoted_versions_pinned_and_failures_seen() -> None:
    assert_kept(
        found
        for path in files_under("roles", "playbooks", "inventories", ".config", suffix=".yml")
        for found in rules.values(path, load_file(path))
    )


def test_facts_and_filters_are_ansible_core() -> None:
    assert_kept(
        found
        for role in roles()
        for path in sorted(role.files)
        if path.parts[0] not in {"molecule", "README.md"}
        for found in rules.expressions(role.folder / path, read(role.folder / path))
    )


def test_molecule_sets_only_variables_that_a_role_declares() -> None:
    declared = {name for role in roles() for name in load_mapping(read(role.folder / "defaults/main.yml"))}
    assert_kept(
        found
        for role in roles()
        for path in role.under("molecule")
        for found in rules.scenario_variables(path, load_file(path), declared)
    )


def test_every_readme_has_the_current_variable_table() -> None:
    readmes = (role.folder / "README.md" for role in roles() if PurePosixPath("README.md") in role.files)
    assert_kept(
        Violation(
            path=path, line=0, rule="the variable table is out of date", remedy="python tools/role_readme.py"
        )
        for path in readmes
        if renewed(ROOT / path) != read(path)
    )


def tasks_of(role: Role) -> Iterator[Task]:
    """Every task and handler of the role."""
    for folder in ("tasks", "handlers"):
        for path in role.under(folder):
            yield from tasks(path, read(path))
