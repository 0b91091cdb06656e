"""What a fleet costs, for a command that ended badly and for `status`: what runs, an hour of it, and what ended why.

Asks the provider within a moment or goes by the record; a question that fails never hides the error that led to it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from orchestrator.cli.context import journal_of, open_pipeline
from orchestrator.cli.render import print_json
from orchestrator.errors import ExitCode, NotAuthorizedError, OrchestrateError
from orchestrator.progress import Silent

if TYPE_CHECKING:
    from orchestrator.config import FleetSpec
    from orchestrator.models import Bill

ANSWER_S = 20.0
"""How long somebody who was just refused, or who pressed Ctrl-C, waits for what runs."""


@contextmanager
def costs_on_error(spec: "FleetSpec", ask: "Callable[[], Bill]", *, as_json: bool) -> Iterator[None]:
    """Should the block fail or be interrupted: add to the error what runs now and what it costs an hour.

    With `--json` that is one document on standard output; the error itself is shown as always.

    Args:
        spec: the fleet's.
        ask: the fleet's bill as its provider knows it now.
        as_json: the command was given `--json`.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:  # a fault of ours costs no less
        if spec.cloud == "aws" and journal_of(spec).exists and _has_recorded_endpoint(spec):
            if isinstance(error, NotAuthorizedError):
                error.save_encoded(journal_of(spec).write_file)
            found = bill_now(spec, ask)
            error.add_note(running_costs(spec, found))
            if as_json:
                print_json({"error": _error_document(error), "running": found})
        elif as_json:
            print_json({"error": _error_document(error), "running": None})
        raise


@contextmanager
def host_costs_on_error(spec: "FleetSpec", *, as_json: bool) -> Iterator[None]:
    """As `costs_on_error`, for a command that has no provider open: it is opened only when the block fails."""
    with costs_on_error(spec, lambda: open_pipeline(spec, Silent()).bill(), as_json=as_json):
        yield


def print_running(spec: "FleetSpec", ask: "Callable[[], Bill]", code: int) -> int:
    """After a command that failed without an error, such as a training that did not pass: what runs now. Returns the code."""
    if code != ExitCode.OK and spec.cloud == "aws":
        click.echo(running_costs(spec, bill_now(spec, ask)), err=True)
    return code


def bill_now(spec: "FleetSpec", ask: "Callable[[], Bill]") -> "Bill":
    """The fleet's bill; by the record where the provider does not answer in time."""
    from orchestrator.pipeline.costs import bill_from_ledger
    from orchestrator.waiting import DeadlineError, within

    try:
        return within(ANSWER_S, "AWS", ask)
    except DeadlineError as error:
        return bill_from_ledger(journal_of(spec), error.seen)
    except OrchestrateError as error:
        return bill_from_ledger(journal_of(spec), error.cause)


def _has_recorded_endpoint(spec: "FleetSpec") -> bool:
    """Whether the account that would be asked has the fleet: one that is refused as the wrong one is asked nothing."""
    from orchestrator.models import Plan

    planned = journal_of(spec).load("plan", Plan)
    return planned is None or (planned.cloud, planned.rehearsed) == (spec.cloud, spec.aws.rehearse)


def running_costs(spec: "FleetSpec", found: "Bill") -> str:
    """What runs, in a line; where it could not be asked for, that too."""
    from orchestrator.ledger import running_line
    from orchestrator.pipeline.costs import UNKNOWN

    line = running_line(found, spec.name)
    if spec.aws.rehearse:
        line += " (a rehearsal: nothing is paid)"
    lines = [f"on record, because AWS does not say: {line}" if _is_unsure(found) else line]
    lines += [f"  not asked: {each}" for each in found.incomplete if _not_asked(each)]
    return "\n".join((*lines, *(f"  {each}" for each in found.incomplete if each.startswith(UNKNOWN))))


def _is_unsure(found: "Bill") -> bool:
    return any(_not_asked(each) for each in found.incomplete)


def _not_asked(line: str) -> bool:
    return line.startswith("what AWS says now: ")


def _error_document(error: BaseException) -> dict[str, str]:
    if isinstance(error, OrchestrateError):
        return {"cause": error.cause, "hint": error.hint}
    hint = "the same command goes on from here"
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return {"cause": "interrupted", "hint": hint}
    return {"cause": f"a fault of orchestrate itself: {type(error).__name__}", "hint": hint}
