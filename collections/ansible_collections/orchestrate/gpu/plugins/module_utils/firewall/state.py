"""Have the firewall's rules, its service and its packages as wanted, or take them away.

New rules are applied with rollback: `present` loads them unconfirmed, `confirm` writes down what a fresh connection has proved.
Nothing that a restart would load is written before. Whoever calls holds a lock. Never touches other tables or others' drop-ins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall import network, open_ports, rules
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall.open_ports import Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall.requirements import (
    find_connection,
    requirements,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall.rules import UNIT, Rules
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.decisions import Wish as PackageWish
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.decisions import wants_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.state import bring_about
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError, RefusedError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import rollback
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import (
    ManagedFile,
    difference,
    differs,
    folder_differs,
    make_folder,
    text_of,
    write,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.network_sockets import read_snapshot
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

FORMER_RECORD = Path("/var/lib/orchestrate/firewall/packages")
JAIL = Path("/etc/fail2ban/jail.d/orchestrate.local")
WEB_LOG = Path("/var/log/nginx/error.log")
FAIL2BAN = Path("/usr/bin/fail2ban-server")
FAIL2BAN_PACKAGES = ("fail2ban", "python3-systemd")
FOLDERS = (rules.FOLDER, rules.DROP_INS)
STATUS_HINT = f"systemctl status {UNIT}"


@dataclass(frozen=True)
class Firewall:
    """The firewall as it shall be."""

    rules: Rules
    wish: Wish
    connection: tuple[str, ...]
    """SSH_CONNECTION, a word each; empty where it is not known."""
    packages: tuple[str, ...]
    rollback_s: int

    @property
    def files(self) -> tuple[ManagedFile, ...]:
        """What lies on the host once the rules are proved."""
        return (
            ManagedFile(rules.RULES, rules.render(self.rules)),
            ManagedFile(rules.ALL_RULES, rules.with_drop_ins(rules.RULES)),
            ManagedFile(rules.UNIT_FILE, rules.SERVICE),
        )


def firewall_of(given: Mapping[str, Any]) -> Firewall:
    """The parameters of the module."""
    ports, networks = tuple(given["ssh_ports"]), tuple(given["ssh_from"])
    allow = tuple(given["allow"])
    others = tuple((str(name), str(address), int(port)) for name, address, port in given["other_hosts"])
    return Firewall(
        rules=Rules(ports, networks, given["ssh_rate"], allow),
        wish=Wish(ports, networks, allow, tuple(given["accept"]), tuple(given["names"]), others),
        connection=tuple(given["connection"]),
        packages=tuple(given["packages"]),
        rollback_s=given["rollback_s"],
    )


def present(wanted: Firewall, *, write_all: bool) -> Answer:
    """Have everything as wanted, new rules unconfirmed. Raises RefusedError before anything is changed."""
    answer = Answer(more={"new_rules": False, "unconfirmed": False, "shut": [], "other_firewalls": []})
    active = is_active()
    current = active and table_is_loaded() and text_of(rules.RULES) == wanted.files[0].text
    if not current:
        check(wanted, answer)
    # Jails that were wanted once are written down as such.
    jails = FAIL2BAN_PACKAGES if JAIL.exists() and FAIL2BAN.exists() else ()
    change_packages(*dict.fromkeys((*wanted.packages, *jails)), answer=answer, write_all=write_all)
    for folder in FOLDERS:
        if folder_differs(folder):
            answer.done.append(f"made {folder}")
            if write_all:
                make_folder(folder)
    if current:
        settle(wanted, answer, write_all=write_all)
    elif write_all:
        load(wanted, active=active)
        answer.done.append("loaded the rules, unconfirmed")
        answer.diff.append(difference(rules.RULES, wanted.files[0].text))
        answer.more["unconfirmed"] = True
    else:
        settle(wanted, answer, write_all=False)
        answer.done.append("loaded the rules")
    return answer


def check(wanted: Firewall, answer: Answer) -> None:
    """See what the rules would shut. Raises RefusedError where a way in is among it."""
    snapshot = read_snapshot()
    openings = open_ports.openings(wanted.wish, network.drop_ins())
    needed = []
    if len(wanted.connection) == 4:
        needed = requirements(network.read_view(snapshot), find_connection(snapshot, list(wanted.connection)))
    problems = open_ports.problems(wanted.wish, snapshot, needed, openings)
    if problems:
        raise RefusedError(" ".join(problems))
    answer.more["new_rules"] = True
    answer.more["shut"] = open_ports.about_to_be_shut(snapshot, openings)
    answer.more["other_firewalls"] = network.other_firewalls()


def load(wanted: Firewall, *, active: bool) -> None:
    """Load the rules with rollback, from memory alone, after nftables has checked them alone and with the drop-ins."""
    write(ManagedFile(rules.UNCONFIRMED, wanted.files[0].text, 0o600))
    whole = rules.with_drop_ins(rules.UNCONFIRMED)
    hint = f"mend what it names, in firewall_allow or in {rules.DROP_INS}, and repeat"
    try:
        succeed(("nft", "--check", "--file", str(rules.UNCONFIRMED)), hint)
        succeed(("nft", "--check", "--file", "-"), hint, whole)
    except HostError:
        rules.UNCONFIRMED.unlink()
        raise
    rollback.apply(
        rollback_of(active=active),
        wanted.rollback_s,
        lambda: succeed(("nft", "--file", "-"), hint, whole),
    )


def rollback_of(*, active: bool) -> rollback.Rollback:
    """Back to the rules before, or to none where there were none."""
    return rollback.Rollback(
        unit="orchestrate-firewall-rollback",
        description="Take back firewall rules that were not proved",
        command=("systemctl", "reload", UNIT) if active else ("nft", rules.REMOVE_TABLE),
        marker=rules.UNCONFIRMED,
        properties=(f"ExecStartPost=/usr/bin/rm --force {rules.UNCONFIRMED}",),
    )


def confirm(wanted: Firewall) -> Answer:
    """Keep the rules that were loaded: a fresh connection has proved them. Raises HostError when they were taken back."""
    answer = Answer()
    rollback.confirm(rollback_of(active=is_active()))
    settle(wanted, answer, write_all=True, reload=True)
    return answer


def settle(wanted: Firewall, answer: Answer, *, write_all: bool, reload: bool = False) -> None:
    """Have the files written, and the service running now and at every boot."""
    changed = [file for file in wanted.files if differs(file)]
    for file in changed:
        answer.diff.append(difference(file.path, file.text))
        answer.done.append(f"wrote {file.path}")
        if write_all:
            write(file)
    enabled = run(("systemctl", "is-enabled", UNIT)).stdout.strip() == "enabled"
    if not enabled:
        answer.done.append(f"enabled {UNIT}")
    if not write_all:
        return
    if changed:
        succeed(("systemctl", "daemon-reload"), "systemctl status")
    if not enabled:
        succeed(("systemctl", "--quiet", "enable", UNIT), STATUS_HINT)
    if changed or reload:
        succeed(("systemctl", "reload-or-restart", UNIT), STATUS_HINT)
        answer.done.append(f"reloaded {UNIT}")


def absent(*, write_all: bool) -> Answer:
    """Take everything away that came with the role; others' drop-ins and packages that something else needs stay."""
    answer = Answer(more={"removed_packages": [], "needed_packages": []})
    loaded = "loaded" in run(("systemctl", "show", "--property=LoadState", "--value", UNIT)).stdout.split()
    table = table_is_loaded()
    if loaded or table:
        answer.done.append("unloaded the rules")
    files = [rules.UNIT_FILE, rules.RULES, rules.ALL_RULES, rules.UNCONFIRMED]
    there = [path for path in files if path.exists()]
    answer.done += [f"removed {path}" for path in there]
    answer.diff += [difference(path, "") for path in there]
    if not write_all:
        remove_packages(answer, write_all=False)
        return answer
    run(("systemctl", "stop", f"{rollback_of(active=loaded).unit}.timer"))
    if loaded:
        succeed(("systemctl", "--quiet", "disable", "--now", UNIT), STATUS_HINT)
    # The service has done so, but rules that are not confirmed are not the service's.
    if table_is_loaded():
        succeed(("nft", rules.REMOVE_TABLE), "nft list tables")
    for path in there:
        path.unlink()
    if loaded:
        succeed(("systemctl", "daemon-reload"), "systemctl status")
    remove_packages(answer, write_all=True)
    for folder in (*reversed(FOLDERS), FORMER_RECORD.parent):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return answer


def remove_packages(answer: Answer, *, write_all: bool) -> None:
    """Take away what came with the role, as far as nothing that came later needs it."""
    more = change_packages(answer=answer, write_all=write_all).more
    answer.more.update(removed_packages=more["removed"], needed_packages=more["kept"])


def change_packages(*names: str, answer: Answer, write_all: bool) -> Answer:
    """Have these packages, and of those that came with the role no others."""
    wanted = PackageWish("firewall", wants_of(names, ()), former_record=FORMER_RECORD)
    packages = bring_about(wanted, write=write_all)
    answer.done += packages.done
    answer.diff += packages.diff
    return packages


def is_active() -> bool:
    """Whether the service has loaded its rules."""
    return run(("systemctl", "is-active", UNIT)).stdout.strip() == "active"


def table_is_loaded() -> bool:
    """Whether the kernel has the table."""
    listed = run(("nft", "list", "chain", "inet", "orchestrate", "input"))
    return "hook input" in listed.stdout
