"""Playbooks are short, say what they do in their names, and hold roles only; site.yml is the list of the others, in order."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from orchestrator.stages.inventory import ROLES_BY_GROUP
from tests.repo.content.roles import Mapping, load, roles
from tests.repo.tree import Violation, assert_kept, files_under, read

LINE_LIMIT = 25
VERB_NOUN = re.compile(r"^[a-z]+(-[a-z]+)+\.yml$")
SITE = PurePosixPath("playbooks/site.yml")
NOT_IN_SITE: dict[str, str] = {}
"""Playbook -> why a plain run leaves it out."""
PLAY_KEYS = frozenset(
    {"name", "hosts", "become", "gather_facts", "roles", "tags", "any_errors_fatal", "serial", "strategy"}
)


def test_every_playbook_is_short_and_named_verb_noun() -> None:
    assert_kept(found for path in playbooks() for found in outside(path, read(path)))


def test_plays_hold_roles_only_and_roles_that_exist() -> None:
    names = {role.name for role in roles()}
    assert_kept(
        found
        for path in playbooks()
        if path != SITE
        for found in plays_beside_roles(path, load(read(path)), names)
    )


def test_site_imports_every_other_playbook() -> None:
    imported = [entry.get("ansible.builtin.import_playbook") for entry in _entries(load(read(SITE)))]
    others = {path.name for path in playbooks() if path != SITE and path.name not in NOT_IN_SITE}
    assert set(imported) == others, f"{SITE} imports {imported}; the folder holds {sorted(others)}"


def test_what_is_not_for_every_host_is_for_the_group_of_the_role() -> None:
    by_group = set()
    for entry in _entries(load(read(SITE))):
        variables = entry.get("vars")
        if isinstance(variables, Mapping):
            name = f"playbooks/{entry['ansible.builtin.import_playbook']}"
            (play,) = _entries(load(read(PurePosixPath(name))))
            (role,) = (listed["role"] for listed in _entries(play["roles"]))
            assert variables["playbook_hosts"] == f"{{{{ '{role}' if '{role}' in groups else 'all:!all' }}}}"
            assert play["hosts"] == "{{ playbook_hosts | default('all') }}", "alone it is for every host"
            by_group.add(role)
    assert by_group == ROLES_BY_GROUP


def test_a_long_playbook_and_a_name_without_a_verb_are_seen() -> None:
    assert len(list(outside(PurePosixPath("playbooks/hosts.yml"), "\n" * (LINE_LIMIT + 1)))) == 2


def test_a_play_with_tasks_or_an_unknown_role_is_seen() -> None:
    plays = load("- name: A\n  hosts: all\n  roles: [base, bass]\n  tasks: []")
    assert len(list(plays_beside_roles(PurePosixPath("playbooks/set-up.yml"), plays, {"base"}))) == 2


def playbooks() -> tuple[PurePosixPath, ...]:
    """Every playbook."""
    return files_under("playbooks", suffix=".yml")


def outside(path: PurePosixPath, text: str) -> Iterator[Violation]:
    """What is wrong with the file from outside."""
    count = len(text.splitlines())
    if path != SITE and count > LINE_LIMIT:
        remedy = "move what it decides into a role"
        yield Violation(path=path, line=count, rule=f"{count} lines, more than {LINE_LIMIT}", remedy=remedy)
    if path != SITE and not VERB_NOUN.match(path.name):
        yield Violation(path=path, line=0, rule="not named verb-noun", remedy="for example prepare-hosts.yml")


def plays_beside_roles(path: PurePosixPath, loaded: object, names: set[str]) -> Iterator[Violation]:
    """Plays that hold more than roles, or roles that are not here."""
    for play in _entries(loaded):
        for key in sorted(play.keys() - PLAY_KEYS):
            yield Violation(
                path=path, line=play.lines[key], rule=f"a play with {key}:", remedy="put it into a role"
            )
        listed = play.get("roles")
        for entry in listed if isinstance(listed, list) else ():
            name = entry.get("role") if isinstance(entry, Mapping) else entry
            if name not in names:
                yield Violation(
                    path=path, line=play.lines["roles"], rule=f"no role {name}", remedy="see roles/"
                )


def _entries(loaded: object) -> list[Mapping]:
    return [entry for entry in loaded if isinstance(entry, Mapping)] if isinstance(loaded, list) else []
