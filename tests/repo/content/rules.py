"""What a role may not hold, each rule a function from parsed YAML to its violations. Reads no file.

Only what ansible-lint does not know is here.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from tests.repo.content.roles import Mapping, Role, Task, inside, mappings
from tests.repo.tree import Violation

REQUIRED_FILES = (
    "README.md",
    "defaults/main.yml",
    "meta/argument_specs.yml",
    "meta/main.yml",
    "molecule/alternative/molecule.yml",
    "molecule/default/molecule.yml",
    "tasks/main.yml",
    "tasks/preflight.yml",
    "tasks/remove.yml",
)
ONE_OF = ("tasks/install.yml", "tasks/configure.yml")
FOLDERS = frozenset({"defaults", "files", "handlers", "meta", "molecule", "tasks", "templates", "vars"})
CONTENTS_KEYS = frozenset(
    {"name", "ansible.builtin.import_tasks", "ansible.builtin.include_tasks", "tags", "when"}
)
INJECTED_FACT = re.compile(
    r"(?<![\w'\"])ansible_(architecture|date_time|default_ipv[46]|distribution\w*|env|fqdn|hostname|kernel\w*|lsb"
    r"|memtotal_mb|nodename|os_family|pkg_mgr|processor\w*|python_version|service_mgr|user_id|virtualization_\w+)\b"
)
FOREIGN_PLUGIN = re.compile(
    r"\b(community\.\w+|ansible\.(?!builtin|cfg)(posix|utils|netcommon|windows)|amazon\.aws)\.\w+"
)


def shape(role: Role) -> Iterator[Violation]:
    """Required files are there, and no folder that the shape does not know."""
    names = {str(path) for path in role.files}
    missing = [name for name in REQUIRED_FILES if name not in names]
    if not names.intersection(ONE_OF):
        missing.append(" or ".join(ONE_OF))
    for name in missing:
        yield _in_file(
            role.folder / name, "missing: all roles have one shape", "write it, with something to say in it"
        )
    for folder in sorted({path.parts[0] for path in role.files if len(path.parts) > 1} - FOLDERS):
        yield _in_file(
            role.folder / folder, "not a folder of the role's shape", f"one of {', '.join(sorted(FOLDERS))}"
        )


def variables(role: Role, defaults: Mapping, specs: Mapping) -> Iterator[Violation]:
    """Defaults and argument specs name the same variables, all with the role's prefix; values live in the defaults."""
    defaults_path, specs_path = role.folder / "defaults/main.yml", role.folder / "meta/argument_specs.yml"
    options = inside(specs, "argument_specs", "main", "options")
    for name in sorted(defaults.keys() - options.keys()):
        yield Violation(
            path=defaults_path,
            line=defaults.lines[name],
            rule=f"{name} has no argument spec",
            remedy=f"describe it in {specs_path}",
        )
    for name in sorted(options.keys() - defaults.keys()):
        yield Violation(
            path=specs_path,
            line=options.lines[name],
            rule=f"{name} has no default",
            remedy=f"give it one in {defaults_path}",
        )
    for name in sorted(defaults.keys() | options.keys()):
        if not name.startswith(f"{role.name}_"):
            yield _in_file(defaults_path, f"{name} lacks the role's prefix", f"name it {role.name}_{name}")
    for option in mappings(options):
        if "default" in option and {"type", "description"} & option.keys():
            yield Violation(
                path=specs_path,
                line=option.lines["default"],
                rule="a value in the argument specs",
                remedy=f"keep it in {defaults_path} alone",
            )
    if inside(options, f"{role.name}_state").get("choices") != ["present", "absent"]:
        yield _in_file(
            specs_path,
            f"no {role.name}_state with choices [present, absent]",
            "every role can be taken away again",
        )


def contents(role: Role, entries: object) -> Iterator[Violation]:
    """tasks/main.yml is a table of contents."""
    path = role.folder / "tasks/main.yml"
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and (entry.keys() - CONTENTS_KEYS or "tags" not in entry):
            yield Violation(
                path=path,
                line=min(entry.lines.values()),
                rule="not an import with its tags",
                remedy="move the task into the file of its step, and import that with tags",
            )


def internal_names(role: Role, task: Task) -> Iterator[Violation]:
    """Names that a task makes start with `__<role>_`."""
    loop_control = inside(task.body, "loop_control")
    made = [
        *(str(task.body[key]) for key in ("register",) if key in task.body),
        *(str(loop_control[key]) for key in ("loop_var", "index_var") if key in loop_control),
        *(name for name in inside(task.body, "ansible.builtin.set_fact") if name != "cacheable"),
        *inside(task.body, "vars"),
    ]
    for name in made:
        if not name.startswith(
            (f"__{role.name}_", "ansible_")
        ):  # what begins with ansible_ is not the role's
            yield _in_task(
                task, f"{name} is internal and does not say so", f"name it __{role.name}_{name.strip('_')}"
            )


def modules(task: Task) -> Iterator[Violation]:
    """Modules are `ansible.builtin` or ours, in full; a command is an argv that says when it changed something."""
    used = [key for key in task.body if "." in key]
    for name in used:
        if not name.startswith(("ansible.builtin.", "orchestrate.gpu.")):
            yield _in_task(
                task, f"{name} is neither ansible.builtin nor ours", "a small install has nothing else"
            )
    if not used and "block" not in task.body:
        yield _in_task(task, "no module by its full name", "ansible.builtin.<module>")
    if "ansible.builtin.shell" in task.body or "ansible.builtin.raw" in task.body:
        yield _in_task(task, "a shell line", "ansible.builtin.command with argv:")
    if "ansible.builtin.command" in task.body:
        command = inside(task.body, "ansible.builtin.command")
        if "argv" not in command:
            yield _in_task(task, "a command without argv", "list its words under argv:")
        if not {"creates", "removes"} & command.keys() and "changed_when" not in task.body:
            yield _in_task(task, "a command that does not say when it changes something", "changed_when:")
    if "ansible.builtin.assert" in task.body and "fail_msg" not in inside(
        task.body, "ansible.builtin.assert"
    ):
        yield _in_task(task, "an assert without fail_msg", "say what was seen and which variable to set")


def fetches(task: Task) -> Iterator[Violation]:
    """What apt fetches is asked for again when a server does not answer well."""
    module = inside(task.body, "ansible.builtin.apt")
    argv = str(inside(task.body, "ansible.builtin.command").get("argv", ""))
    words = set(re.findall(r"[\w.-]+", argv))
    by_command = bool(re.search(r"apt-get|_apt\b", argv)) and {"update", "install"} & words
    if (by_command and "--simulate" not in words) or (module and module.get("state") != "absent"):
        missing = [key for key in ("until", "retries", "delay") if key not in task.body]
        if missing:
            yield _in_task(
                task,
                f"apt fetches, and there is no {' nor '.join(missing)}",
                "register:, until:, retries:, delay:",
            )


def values(path: PurePosixPath, loaded: object) -> Iterator[Violation]:
    """Modes are quoted; nothing floats; no failure is swallowed."""
    for mapping in mappings(loaded):
        for key, value in mapping.items():
            line = mapping.lines.get(key, 0)
            if key in {"mode", "directory_mode"} and isinstance(value, int):
                yield Violation(
                    path=path, line=line, rule="an unquoted mode is a number to YAML", remedy=f'{key}: "0644"'
                )
            if value == "latest":
                yield Violation(
                    path=path, line=line, rule=f"{key}: latest", remedy="pin the version, or state: present"
                )
            if key in {"ignore_errors", "ignore_unreachable"}:
                yield Violation(
                    path=path, line=line, rule=key, remedy="failed_when: with the exact condition"
                )


def expressions(path: PurePosixPath, text: str) -> Iterator[Violation]:
    """Facts are read through `ansible_facts`; filters and lookups are Ansible's own."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        if found := INJECTED_FACT.search(line):
            yield Violation(
                path=path,
                line=number,
                rule=f"{found[0]} is an injected fact",
                remedy=f"ansible_facts['{found[1]}']",
            )
        if found := FOREIGN_PLUGIN.search(line):
            yield Violation(
                path=path,
                line=number,
                rule=f"{found[0]} is not part of ansible-core",
                remedy="ansible.builtin has a way",
            )


def scenario_variables(path: PurePosixPath, loaded: object, declared: Collection[str]) -> Iterator[Violation]:
    """What a molecule scenario sets, some role declares; a play may have variables of its own beside a role's."""
    prefixes = tuple(name.removesuffix("state") for name in declared if name.endswith("_state"))
    for mapping in mappings(loaded):
        groups = [group for key in ("group_vars", "host_vars") for group in inside(mapping, key).values()]
        given = {name: group.lines[name] for group in groups if isinstance(group, Mapping) for name in group}
        given |= {
            name: line for name, line in inside(mapping, "vars").lines.items() if name.startswith(prefixes)
        }
        for name, line in given.items():
            if name not in declared and not name.startswith("ansible_"):
                remedy = "spell it as in the role's defaults"
                yield Violation(path=path, line=line, rule=f"{name} is declared by no role", remedy=remedy)


def _in_file(path: PurePosixPath, rule: str, remedy: str) -> Violation:
    return Violation(path=path, line=0, rule=rule, remedy=remedy)


def _in_task(task: Task, rule: str, remedy: str) -> Violation:
    return Violation(path=task.path, line=task.line, rule=rule, remedy=remedy)
