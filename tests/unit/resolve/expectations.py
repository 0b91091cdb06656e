"""What a case of `cases/*.yml` may say of an answer, and whether the answer keeps it. Reads no file."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

from orchestrator.catalog.names import version
from orchestrator.errors import UsageError
from orchestrator.models import Framework, Refusal, Stack

Said = Mapping[str, object]
Answer = Stack | Refusal | UsageError
Check = Callable[[Stack, object], bool]


def broken(outcome: str, said: Said, answer: Answer) -> Iterator[str]:
    """The parts of an expectation that the answer does not keep.

    Args:
        outcome: `expect` for a stack, `refused` for a refusal, `error` for what stops before it.
        said: what the case says of it.
        answer: what came.
    """
    if outcome == "expect":
        if not isinstance(answer, Stack):
            yield "a stack"
            return
        for key, wanted in said.items():
            if not CHECKS[key](answer, wanted):
                yield f"{key}: {wanted}"
        return
    if not isinstance(answer, Refusal if outcome == "refused" else UsageError):
        yield "a refusal" if outcome == "refused" else "an error"
        return
    for key, wanted in said.items():
        text = PLACES[key](answer)
        yield from (f"{key}: {word}" for word in _words(wanted) if not _holds(text, word))


def summary(answer: Answer) -> str:
    """An answer for people: what was resolved, or refused, and why."""
    if isinstance(answer, UsageError):
        return "\n".join(answer.lines)
    facts = "\n".join(f"    {fact.statement} ({fact.source}, {fact.confidence})" for fact in answer.facts)
    if isinstance(answer, Stack):
        parts = (
            f"driver {answer.driver}",
            f"{answer.title}, cuda {answer.cuda}, cudnn {answer.cudnn}, python {answer.python}",
            f"toolkit {answer.toolkit}",
            f"requirements {answer.requirements}",
            f"constraints {answer.constraints}",
            f"unsure {answer.unsure}",
        )
        return "\n".join(("resolved:", *parts, "  because:", facts))
    return f"refused:\n{_contradiction(answer)}\n  or:\n{_alternatives(answer)}\n  because:\n{facts}"


def _contradiction(answer: Answer) -> str:
    if isinstance(answer, Refusal):
        return "\n".join(f"{fact.statement} ({fact.source})" for fact in answer.contradiction)
    return "\n".join(answer.lines) if isinstance(answer, UsageError) else ""


def _alternatives(answer: Answer) -> str:
    if isinstance(answer, Refusal):
        return "\n".join(" ".join((each.change, *each.options)) for each in answer.alternatives)
    return _contradiction(answer)


PLACES: Mapping[str, Callable[[Answer], str]] = {"mentions": _contradiction, "offers": _alternatives}
"""Where the words of a refusal have to stand."""


def _branch(stack: Stack) -> int:
    return int(stack.driver.branch) if stack.driver else 0


def _packages(stack: Stack) -> tuple[str, ...]:
    return stack.driver.packages if stack.driver else ()


def _is_driver(stack: Stack, wanted: object) -> bool:
    return stack.driver is None if wanted == "none" else _branch(stack) == wanted


def _is_toolkit(stack: Stack, wanted: object) -> bool:
    return stack.toolkit is None if wanted == "none" else _toolkit(stack) == wanted


def _toolkit(stack: Stack) -> str:
    return stack.toolkit.cuda if stack.toolkit else ""


def _bounds(text: str) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """`>=9.3,<9.11` as its least version and the first one beyond; an exact version is both its least and its most."""
    least: tuple[int, ...] = ()
    beyond: tuple[int, ...] | None = None
    for sign, number in re.findall(r"(>=|<|==)?\s*([\d.]+)", text):
        if sign == "<":
            beyond = version(number)
        else:
            least = version(number)
            beyond = beyond if sign == ">=" else (*least, 0)
    return least, beyond


def _at_least(text: str, wanted: object) -> bool:
    return bool(text) and _bounds(text)[0] >= version(str(wanted))


def _below(text: str, wanted: object) -> bool:
    beyond = _bounds(text)[1]
    return bool(text) and beyond is not None and beyond <= version(str(wanted))


def _minor(found: str, wanted: object) -> bool:
    """`2.15` is kept by each of its patches, `2.15.1` by itself."""
    return found == wanted or found.startswith(f"{wanted}.")


def _is_release(stack: Stack, framework: Framework, wanted: object) -> bool:
    return stack.framework is framework and _minor(stack.release, wanted)


def _all_in(texts: Iterable[str], wanted: object) -> bool:
    texts = tuple(texts)
    return all(any(word in text for text in texts) for word in _words(wanted))


def _none_in(texts: Iterable[str], wanted: object) -> bool:
    texts = tuple(texts)
    return not any(word in text for text in texts for word in _words(wanted))


def _caps(constraints: Iterable[str], cap: str) -> bool:
    """`nvidia-cudnn-cu12<9.11` is kept by `nvidia-cudnn-cu12>=9.3,<9.11`."""
    name, bound = re.split(r"(?=[<>=])", cap, maxsplit=1)
    return any(each.startswith(name) and bound in each.removeprefix(name).split(",") for each in constraints)


def _words(value: object) -> Sequence[str]:
    return [str(each) for each in cast("Sequence[object]", value)]


def _holds(text: str, word: str) -> bool:
    """A number only as a whole: `2.1` is neither in `2.15` nor in `12.1`, `2.15` is in `2.15.1`. Hyphens are spaces."""
    text, word = (each.replace("-", " ").lower() for each in (text, word))
    return (
        re.search(rf"(?<![\w.]){re.escape(word)}(?!\d)", text) is not None
        if word[0].isdigit()
        else word in text
    )


CHECKS: Mapping[str, Check] = {
    "gpus": lambda stack, wanted: list(stack.hardware.gpus) == wanted,
    "driver": _is_driver,
    "driver_at_least": lambda stack, wanted: _branch(stack) >= cast("int", wanted),
    "driver_at_most": lambda stack, wanted: 0 < _branch(stack) <= cast("int", wanted),
    "driver_source": lambda stack, wanted: stack.driver is not None and stack.driver.source == wanted,
    "driver_packages": lambda stack, wanted: _all_in(_packages(stack), wanted),
    "driver_packages_lack": lambda stack, wanted: _none_in(_packages(stack), wanted),
    "flavour": lambda stack, wanted: stack.driver is not None and stack.driver.flavour == wanted,
    "fabric_manager": lambda stack, wanted: (
        stack.driver is not None and stack.driver.fabric_manager is wanted
    ),
    "cuda": lambda stack, wanted: stack.cuda == wanted,
    "cuda_at_least": lambda stack, wanted: _at_least(stack.cuda, wanted),
    "cuda_below": lambda stack, wanted: _below(stack.cuda, wanted),
    "cudnn": lambda stack, wanted: stack.cudnn == wanted,
    "cudnn_at_least": lambda stack, wanted: _at_least(stack.cudnn, wanted),
    "cudnn_below": lambda stack, wanted: _below(stack.cudnn, wanted),
    "toolkit": _is_toolkit,
    "toolkit_at_least": lambda stack, wanted: _at_least(_toolkit(stack), wanted),
    "toolkit_below": lambda stack, wanted: _below(_toolkit(stack), wanted),
    "toolkit_source": lambda stack, wanted: stack.toolkit is not None and stack.toolkit.source == wanted,
    "tensorflow": lambda stack, wanted: _is_release(stack, Framework.TENSORFLOW, wanted),
    "jax": lambda stack, wanted: _is_release(stack, Framework.JAX, wanted),
    "torch": lambda stack, wanted: _is_release(stack, Framework.TORCH, wanted),
    "python": lambda stack, wanted: stack.python == wanted,
    "python_at_most": lambda stack, wanted: version(stack.python) <= version(str(wanted)),
    "requirements": lambda stack, wanted: _all_in(stack.requirements, wanted),
    "requirements_lack": lambda stack, wanted: _none_in(stack.requirements, wanted),
    "constraints": lambda stack, wanted: all(_caps(stack.constraints, cap) for cap in _words(wanted)),
    "constraints_lack": lambda stack, wanted: _none_in(stack.constraints, wanted),
    "linked": lambda stack, wanted: _all_in(stack.linked_libraries, wanted),
    "linked_lack": lambda stack, wanted: _none_in(stack.linked_libraries, wanted),
    "notes": lambda stack, wanted: _all_in(stack.notes, wanted),
    "unsure": lambda stack, wanted: stack.unsure is wanted,
}
"""What a case may say of a stack."""
