"""Have the firewall's rules, its service and its packages as wanted, or take them away.

New rules are applied with rollback: `present` loads them unconfirmed, `confirm` writes down what a fresh connection has proved.
Nothing that a restart would load is written before. Whoever calls holds a lock. Never touches other tables or others' drop-ins.
"""

from __future__ import annotations

from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall import network, open_ports, rules
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall.requirements import requirements
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall.rules import UNIT, Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import decisions
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.state import bring_about
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError, RefusedError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files, rollback
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import network_sockets as sockets
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

FORMER_RECORD = Path("/var/lib/orchestrate/firewall/packages")
JAIL = Path("/etc/fail2ban/jail.d/orchestrate.local")
WEB_LOG = Path("/var/log/nginx/error.log")
FAIL2BAN = Path("/usr/bin/fail2ban-server")
FAIL2BAN_PACKAGES = ("fail2ban", "python3-systemd")
FOLDERS = (rules.FOLDER, rules.DROP_INS)
STATUS_HINT = f"systemctl status {UNIT}"


def files_of(wish: Wish) -> tuple[files.ManagedFile, ...]:
    """What lies on the host once the rules are proved."""
    return (
        files.ManagedFile(rules.RULES, rules.render(wish)),
        files.ManagedFile(rules.ALL_RULES, rules.with_drop_ins(rules.RULES)),
        files.ManagedFile(rules.UNIT_FILE, rules.SERVICE),
    )


def present(wish: Wish, *, write_all: bool) -> Answer:
    """Have everything as wanted, new rules unconfirmed. Raises RefusedError before anything is changed."""
    answer = Answer(more={"new_rules": False, "unconfirmed": False, "shut": [], "other_firewalls": []})
    assert_alone()
    text, active = rules.render(wish), network.is_active(UNIT)
    current = active and table_is_loaded() and files.text_of(rules.RULES) == text
    if not current:
        check(wish, answer)
    # Jails that were wanted once are written down as such.
    jails = FAIL2BAN_PACKAGES if JAIL.exists() and FAIL2BAN.exists() else ()
    change_packages(*dict.fromkeys((*wish.packages, *jails)), answer=answer, write_all=write_all)
    for folder in FOLDERS:
        if files.folder_differs(folder):
            answer.done.append(f"made {folder}")
            if write_all:
                files.make_folder(folder)
    if current or not write_all:
        settle(wish, answer, write_all=write_all)
        answer.done += [] if current else ["loaded the rules"]
    else:
        load(text, wish.rollback_s, active=active)
        answer.done.append("loaded the rules, unconfirmed")
        answer.diff.append(files.difference(rules.RULES, text))
        answer.more["unconfirmed"] = True
    return answer


def assert_alone() -> None:
    """Raises RefusedError where another firewall is in force: a packet has to pass both, whoever of them opens a port."""
    managers = network.active_managers()
    if managers:
        names, commands = " and ".join(managers), " and ".join(f"`{one}`" for one in managers.values())
        raise RefusedError(
            f"{names} is active on this host, and would shut what these rules open. "
            f"Nothing was changed. Write what it lets in into firewall_allow and switch it off with {commands}, as root, "
            "then run again; or leave this role out and keep it."
        )


def check(wish: Wish, answer: Answer) -> None:
    """See what the rules would shut. Raises RefusedError where a way in is among it."""
    snapshot = sockets.read_snapshot()
    openings = open_ports.openings(wish, network.drop_ins())
    connection = sockets.find_connection(snapshot, wish.connection)
    needed = requirements(network.read_view(snapshot), connection) if connection.port else []
    problems = [*open_ports.problems(wish, snapshot, needed, openings)]
    if problems:
        raise RefusedError(" ".join(problems))
    shut = open_ports.about_to_be_shut(snapshot, openings, network.forwarded_over_ipv6())
    answer.more.update(new_rules=True, shut=shut, other_firewalls=network.other_firewalls())


def load(text: str, rollback_s: int, *, active: bool) -> None:
    """Load the rules with rollback, from memory alone, after nftables has checked them alone and with the drop-ins."""
    files.write(files.ManagedFile(rules.UNCONFIRMED, text, 0o600))
    whole = rules.with_drop_ins(rules.UNCONFIRMED)
    hint = f"mend what it names, in firewall_allow or in {rules.DROP_INS}, and repeat"
    try:
        succeed(("nft", "--check", "--file", str(rules.UNCONFIRMED)), hint)
        succeed(("nft", "--check", "--file", "-"), hint, whole)
    except HostError:
        rules.UNCONFIRMED.unlink()
        raise
    back = rollback_of(active=active)
    rollback.apply(back, rollback_s, lambda: succeed(("nft", "--file", "-"), hint, whole))


def rollback_of(*, active: bool) -> rollback.Rollback:
    """Back to the rules before, or to none where there were none."""
    return rollback.Rollback(
        unit="orchestrate-firewall-rollback",
        description="Take back firewall rules that were not proved",
        command=("systemctl", "reload", UNIT) if active else ("nft", rules.REMOVE_TABLE),
        marker=rules.UNCONFIRMED,
        properties=(f"ExecStartPost=/usr/bin/rm --force {rules.UNCONFIRMED}",),
    )


def confirm(wish: Wish) -> Answer:
    """Keep the rules that were loaded: a fresh connection has proved them. Raises HostError when they were taken back."""
    answer = Answer()
    rollback.confirm(rollback_of(active=network.is_active(UNIT)))
    settle(wish, answer, write_all=True, reload=True)
    return answer


def settle(wish: Wish, answer: Answer, *, write_all: bool, reload: bool = False) -> None:
    """Have the files written, and the service running now and at every boot."""
    changed = [file for file in files_of(wish) if files.differs(file)]
    for file in changed:
        answer.diff.append(files.difference(file.path, file.text))
        answer.done.append(f"wrote {file.path}")
        if write_all:
            files.write(file)
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
    answer = Answer()
    loaded = "loaded" in run(("systemctl", "show", "--property=LoadState", "--value", UNIT)).stdout.split()
    if loaded or table_is_loaded():
        answer.done.append("unloaded the rules")
    if write_all:
        unload(loaded=loaded)
    for path in (rules.UNIT_FILE, rules.RULES, rules.ALL_RULES, rules.UNCONFIRMED):
        if path.exists():
            answer.done.append(f"removed {path}")
            answer.diff.append(files.difference(path, ""))
            if write_all:
                path.unlink()
    if write_all and loaded:
        succeed(("systemctl", "daemon-reload"), "systemctl status")
    packages = change_packages(answer=answer, write_all=write_all).more
    answer.more.update(removed_packages=packages["removed"], needed_packages=packages["kept"])
    for folder in (*reversed(FOLDERS), FORMER_RECORD.parent) if write_all else ():
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return answer


def unload(*, loaded: bool) -> None:
    """Take the rules out of force, now and at every boot. `loaded`: systemd knows the service."""
    run(("systemctl", "stop", f"{rollback_of(active=loaded).unit}.timer"))
    if loaded:
        succeed(("systemctl", "--quiet", "disable", "--now", UNIT), STATUS_HINT)
    # The service has done so, but rules that are not confirmed are not the service's.
    if table_is_loaded():
        succeed(("nft", rules.REMOVE_TABLE), "nft list tables")


def change_packages(*names: str, answer: Answer, write_all: bool) -> Answer:
    """Have these packages, and of those that came with the role no others."""
    wanted = decisions.Wish("firewall", decisions.wants_of(names, ()), former_record=FORMER_RECORD)
    packages = bring_about(wanted, write=write_all)
    answer.done += packages.done
    answer.diff += packages.diff
    return packages


def table_is_loaded() -> bool:
    """Whether the kernel has the table."""
    listed = run(("nft", "list", "chain", "inet", "orchestrate", "input"))
    return "hook input" in listed.stdout
