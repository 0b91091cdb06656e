"""`orchestrate doctor`: look, judge, and with `--fix` mend and look again."""

from collections.abc import Iterable

from orchestrator.ansible_hosts import AnsibleCore
from orchestrator.catalog import UNTRIED, load
from orchestrator.doctor.checks import run_checks
from orchestrator.doctor.findings import good
from orchestrator.doctor.fix import apply_remedies
from orchestrator.doctor.probe import probe
from orchestrator.doctor.values import Condition, Finding
from orchestrator.errors import ExitCode
from orchestrator.providers.base import Say

_ROUNDS = 2
"""An engine that answers at last can be asked what could not be asked before."""


def examine(engine: str | None = "auto", limits: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
    """Look at this computer and change nothing.

    Args:
        engine: `auto`, `docker` or `podman`; None for a fleet that needs no containers.
        limits: of `cpu` and `memory`, what the fleet file limits hosts in.
    """
    facts = probe(engine, limits)
    return (*run_checks(facts), _hosts(facts.ansible))


def fix_and_examine(
    say: Say, engine: str | None = "auto", limits: frozenset[str] = frozenset()
) -> tuple[Finding, ...]:
    """Mend what can be mended here, and return how things stand afterwards. Twice mends nothing twice.

    Raises:
        ProviderError: a command that should mend something failed.
        EngineMissingError: the engine was started and does not answer.
    """
    facts = probe(engine, limits)
    for _ in range(_ROUNDS):
        remedies = [finding.remedy for finding in run_checks(facts) if finding.remedy is not None]
        if not remedies:
            break
        apply_remedies(remedies, facts, say)
        facts = probe(engine, limits)
    return (*run_checks(facts), _hosts(facts.ansible))


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """OK when nothing is missing or broken, else USAGE: the command cannot be obeyed on this computer as it is."""
    return ExitCode.OK if all(finding.condition is Condition.OK for finding in findings) else ExitCode.USAGE


def _hosts(ansible: AnsibleCore | None) -> Finding:
    """What the catalog says of hosts that may be asked for, which is never in the way."""
    known = load().distributions
    said = [f"may have {', '.join(each.label for each in known)}"]
    if untried := load().untried(each.distribution for each in known):
        said.append(f"on {', '.join(untried)} nothing was tried for real yet: the roles ran on {UNTRIED}")
    if ansible is not None:
        said.append(ansible.unknown_python((each.label, each.python) for each in known))
    return good("hosts", "; ".join(filter(None, said)))
