"""`orchestrate doctor`: look, judge, and with `--fix` mend and look again."""

from collections.abc import Iterable

from orchestrator.doctor.checks import run_checks
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
    return run_checks(probe(engine, limits))


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
    return run_checks(facts)


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """OK when nothing is missing or broken, else USAGE: the command cannot be obeyed on this computer as it is."""
    return ExitCode.OK if all(finding.condition is Condition.OK for finding in findings) else ExitCode.USAGE
