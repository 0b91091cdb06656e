"""From facts to findings. Pure: no clock, no network, no disk."""

from dataclasses import replace

from orchestrator.doctor.engines.answering import judge_engine
from orchestrator.doctor.engines.image import judge_image
from orchestrator.doctor.engines.silent import judge_silence
from orchestrator.doctor.findings import bad, good, lacking, missing
from orchestrator.doctor.packages import Need
from orchestrator.doctor.values import Condition, Facts, Finding

OLDEST_PYTHON = (3, 11)

STATE_NEEDED_MIB = 256
"""Run folders are small; Ansible's own files and the report's figures are not nothing."""


def run_checks(facts: Facts) -> tuple[Finding, ...]:
    """Everything that was looked at, in the order in which it is needed."""
    findings = [_python(facts), _ansible(facts), _ssh_client(facts), _rsync(facts), _folders(facts)]
    if facts.engine is None:
        return tuple(findings)
    if facts.engine.facts is None:
        findings.append(judge_silence(facts, facts.engine))
    else:
        findings += judge_engine(facts, facts.engine, facts.engine.facts)
    findings.append(judge_image(facts, facts.engine))
    return tuple(findings)


def _python(facts: Facts) -> Finding:
    seen = f"Python {facts.python[0]}.{facts.python[1]}"
    if facts.python < OLDEST_PYTHON:
        return missing("python", f"{seen}, older than 3.11", "install Python 3.11 or newer")
    if not facts.has_venv:
        return lacking(facts, "python", f"{seen} without ensurepip", Need.VENV)
    return good("python", seen)


def _ansible(facts: Facts) -> Finding:
    if facts.ansible is not None:
        return good("ansible", f"ansible-core {facts.ansible.version}, beside this Python")
    hint = "reinstall this program with pip: ansible-core comes with it"
    return missing("ansible", "no ansible-playbook beside this Python", hint)


def _ssh_client(facts: Facts) -> Finding:
    absent = [program for program in ("ssh", "ssh-keygen") if program not in facts.programs]
    if absent:
        return lacking(facts, "ssh_client", f"not on PATH: {', '.join(absent)}", Need.SSH_CLIENT)
    return good("ssh_client", "ssh and ssh-keygen")


def _rsync(facts: Facts) -> Finding:
    """`up` does without it; folders are copied to hosts and back with it."""
    if "rsync" in facts.programs:
        return good("rsync", "rsync")
    lacks = lacking(facts, "rsync", "not on PATH: needed to copy folders to hosts and back", Need.RSYNC)
    return replace(lacks, condition=Condition.OK)


def _folders(facts: Facts) -> Finding:
    if facts.unwritable:
        hint = "give them to this user, or set XDG_STATE_HOME and XDG_CACHE_HOME to folders that are its own"
        return bad("folders", "; ".join(facts.unwritable), hint)
    seen = f"{facts.state_free_mib} MiB free for run folders"
    if facts.state_free_mib < STATE_NEEDED_MIB:
        return bad("folders", f"only {seen}", f"free some space: {STATE_NEEDED_MIB} MiB are needed")
    return good("folders", seen)
