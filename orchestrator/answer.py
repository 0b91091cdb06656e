"""A resolver's answer in words: the rows of a stack, the chain of facts, and a refusal with its ways out. Pure."""

import shlex
from dataclasses import dataclass

from orchestrator.errors import RefusedError
from orchestrator.models import (
    Alternative,
    Confidence,
    Driver,
    Fact,
    Framework,
    Hardware,
    PackageSource,
    Refusal,
    Stack,
    Toolkit,
    Wishes,
)

_SOURCE_MOST = 70
"""Characters of a source that a line shows."""
_RELEASES = tuple(f"--{framework}" for framework in Framework)
"""Options for the release of one framework, which mean nothing to another."""
_WHAT_IT_IS_FOR = ("--gpu", "--instance-type", "--host")
"""Options of which one takes the place of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The command that asked, so that a way out can be shown as a command."""

    words: tuple[str, ...]
    """`orchestrate`, `resolve`, `--gpu`, `Tesla K80` …"""
    takes: frozenset[str]
    """The options that it knows."""

    def changed(self, options: tuple[str, ...]) -> str:
        """The same command with these options (name, value, name, value …) instead; empty when it knows one of them not."""
        names = options[::2]
        if not self.takes.issuperset(names):
            return ""
        gone = {
            *names,
            *(_WHAT_IT_IS_FOR if set(names) & set(_WHAT_IT_IS_FOR) else ()),
            *(_RELEASES if "--framework" in names else ()),
        }
        return shlex.join((*_without(self.words, gone), *options))


def subject(hardware: Hardware) -> str:
    """`2 x Tesla T4 on debian-12`."""
    counts = {name: hardware.gpus.count(name) for name in hardware.gpus}
    cards = " and ".join(name if count == 1 else f"{count} x {name}" for name, count in counts.items())
    return f"{cards or 'no GPU'} on {hardware.distribution}, {hardware.architecture}"


def stack_rows(stack: Stack) -> tuple[tuple[str, str], ...]:
    """Name and value of each part, from the kernel module to the last wheel."""
    rows = [
        ("driver", _driver(stack.driver) if stack.driver else "none: there is no card"),
        ("CUDA", stack.cuda),
        ("cuDNN", _in_people_words(stack.cudnn)),
        ("toolkit", _toolkit(stack.toolkit) if stack.toolkit else ""),
        (stack.framework.label, stack.release),
        ("Python", f"{stack.python}, in an environment made by {stack.builder}"),
        ("pip", " ".join(stack.requirements)),
        ("capped", " ".join(stack.constraints)),
        ("linked", _linked(stack.linked_libraries)),
        *(("note", note) for note in stack.notes),
        *(("unsure", fact.statement) for fact in stack.facts if fact.confidence is Confidence.LOW),
    ]
    return tuple(row for row in rows if row[1])


def chain_lines(facts: tuple[Fact, ...]) -> tuple[str, ...]:
    """Confidence and statement, and below it who says so, in the order of the decision."""
    return tuple(
        line
        for fact in facts
        for line in (f"{fact.confidence.value:6}  {fact.statement}", f"{'':6}  by {_sources(fact)}")
    )


def refusal_error(refusal: Refusal, typed: Typed, *, what: str = "", whose: str = "") -> RefusedError:
    """The refusal as an error: the two facts that contradict each other, and what to type instead.

    Args:
        refusal: the resolver's.
        typed: the command that asked.
        what: what cannot be had, where it is not the cards.
        whose: the host that it is about; empty where there is none yet.
    """
    wishes = " and ".join(_wishes(refusal.wishes))
    return RefusedError(
        f"refused{f' for {whose}' if whose else ''}: {what or subject(refusal.hardware)}{f' with {wishes}' if wishes else ''}",
        tuple(line for fact in refusal.contradiction for line in (fact.statement, f"  by {_sources(fact)}")),
        tuple(_way_out(way, typed) for way in refusal.alternatives) or (_how_far(typed),),
    )


def _linked(libraries: tuple[str, ...]) -> str:
    wanting = "which TensorFlow's wheel does not look for where pip puts it: role ml_env links it"
    return f"{' '.join(libraries)}, {wanting}" if libraries else ""


def _in_people_words(bounds: str) -> str:
    """`9.3 or newer, below 9.11` of `>=9.3,<9.11`; an exact version as it is."""
    least, _, beyond = bounds.partition(",")
    if not least.startswith(">="):
        return bounds
    below = f", below {beyond.removeprefix('<')}" if beyond else ""
    return f"{least.removeprefix('>=')} or newer{below}"


def _sources(fact: Fact) -> str:
    """Who says so, in one short line: the first of them, and how many more there are; `--json` has all."""
    every = fact.source.split("; ")
    first = every[0] if len(every[0]) <= _SOURCE_MOST else f"{every[0][: _SOURCE_MOST - 1]}…"
    return f"{first} and {len(every) - 1} more" if len(every) > 1 else first


def _how_far(typed: Typed) -> str:
    """What to type where nothing near works."""
    if "--explain" not in typed.takes:
        return "orchestrate resolve --help"
    words = typed.words if "--explain" in typed.words else (*typed.words, "--explain")
    return f"{shlex.join(words)}  # how far it went"


def _driver(driver: Driver) -> str:
    newest = f", {driver.version} or newer of it" if driver.version else ""
    fabric = ", with the fabric manager for NVSwitch" if driver.fabric_manager else ""
    packages = f" ({', '.join(driver.packages)})" if driver.packages else ""
    return (
        f"{driver.branch}{newest}, {driver.flavour} modules, from {_place(driver.source)}{packages}{fabric}"
    )


def _toolkit(toolkit: Toolkit) -> str:
    cudnn = f" with cuDNN {toolkit.cudnn}" if toolkit.cudnn else ""
    return f"CUDA {toolkit.cuda}{cudnn} for the host, from {_place(toolkit.source)}: {toolkit.reason}"


def _place(source: PackageSource) -> str:
    return {
        PackageSource.DISTRO: "the distribution",
        PackageSource.NVIDIA_REPO: "NVIDIA's repository",
        PackageSource.IMAGE: "the image that hosts start from, found and kept",
    }[source]


def _way_out(way: Alternative, typed: Typed) -> str:
    command = typed.changed(way.options)
    return f"{command}  # {way.change}" if command else way.change


def _without(words: tuple[str, ...], names: set[str]) -> tuple[str, ...]:
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in names:
            skip = True
        elif word.partition("=")[0] not in names:
            kept.append(word)
    return tuple(kept)


def _wishes(wishes: Wishes) -> tuple[str, ...]:
    by_choice = wishes.framework is not Framework.TENSORFLOW
    named = (
        ("CUDA", wishes.cuda),
        ("Python", wishes.python),
        ("driver", wishes.driver),
        ("kernel modules", wishes.flavour),
        ("driver from", _place(PackageSource(wishes.source)) if wishes.source else ""),
        ("at least", f"{wishes.gpu_memory_mib} MiB" if wishes.gpu_memory_mib else ""),
    )
    framework = f"{wishes.framework.label} {wishes.release}".strip() if by_choice or wishes.release else ""
    return (*([framework] if framework else ()), *(f"{name} {value}" for name, value in named if value))
