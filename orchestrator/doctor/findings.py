"""Findings as checks write them: good, bad, and lacking packages. Pure."""

import shlex

from orchestrator.doctor.packages import INSTEAD, Need, installer_of, packages
from orchestrator.doctor.values import Condition, Facts, Finding, Remedy


def profile_hint(facts: Facts) -> str:
    """What to do about a program that AppArmor lets make no namespaces."""
    setting = typed(facts, ("sysctl", "--write", "kernel.apparmor_restrict_unprivileged_userns=0"))
    return f"use that of the distribution's package, for which AppArmor has a profile, or `{setting}`"


def good(name: str, seen: str, hint: str = "") -> Finding:
    """Nothing stands in the way; `hint` is worth knowing all the same."""
    return Finding(name=name, condition=Condition.OK, seen=seen, hint=hint, remedy=None)


def bad(name: str, seen: str, hint: str, remedy: Remedy | None = None) -> Finding:
    """Something is there and does not do."""
    return Finding(name=name, condition=Condition.BROKEN, seen=seen, hint=hint, remedy=remedy)


def missing(name: str, seen: str, hint: str, remedy: Remedy | None = None) -> Finding:
    """Something is not there."""
    return Finding(name=name, condition=Condition.MISSING, seen=seen, hint=hint, remedy=remedy)


def lacking(facts: Facts, name: str, seen: str, need: Need) -> Finding:
    """Something that packages bring: by `--fix` where this user may, else by hand."""
    names, installer = packages(facts.release, need), installer_of(facts.release)
    if not names or installer is None:
        return missing(name, seen, INSTEAD[need])
    starts = need is Need.DOCKER
    commands = [typed(facts, (*installer.install, *names))]
    if starts and facts.release.family != "debian":  # Debian's packages start what they bring
        commands.append(typed(facts, start_command(facts)))
    may = facts.root_prefix is not None and installer.at_once
    remedy = Remedy(packages=names, start_docker=starts) if may else None
    return missing(name, seen, " && ".join(commands), remedy)


def start_command(facts: Facts) -> tuple[str, ...]:
    """The command that starts an installed Docker daemon, without what makes it run as root."""
    return ("systemctl", "enable", "--now", "docker") if facts.systemd else ("service", "docker", "start")


def typed(facts: Facts, argv: tuple[str, ...]) -> str:
    """The command as a person would type it; one who cannot become root has to ask somebody who can."""
    return shlex.join(argv if facts.root_prefix == () else ("sudo", *argv))
