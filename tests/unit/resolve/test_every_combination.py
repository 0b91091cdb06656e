"""All cards with all releases of the frameworks on all distributions: what must hold of every answer, computed otherwise."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from orchestrator.catalog import load
from orchestrator.catalog.names import version
from orchestrator.catalog.rows import Gpu
from orchestrator.models import Builder, Fact, Framework, Hardware, PackageSource, Refusal, Stack, Wishes
from orchestrator.resolve import resolve
from orchestrator.resolve.attempt import ask, attempt
from orchestrator.resolve.rules.question import ContradictionError

CATALOG = load()
DISTRIBUTIONS = tuple(row.distribution for row in CATALOG.distributions)
RELEASES = {(framework, row.release): row for framework in Framework for row in CATALOG.releases(framework)}
BRANCHES = {row.branch: row for row in CATALOG.driver_branches}
SAMPLE = (
    *(Wishes(release=minor) for minor in ("", "2.4", "2.10", "2.14", "2.17", "2.21")),
    *(Wishes(framework=Framework.JAX, release=minor) for minor in ("", "0.4")),
    *(Wishes(framework=Framework.TORCH, release=minor) for minor in ("", "2.0", "2.11")),
)
TO_WISH = {"--python": "python", "--driver": "driver", "--cuda": "cuda"}


@cache
def kinds() -> tuple[Gpu, ...]:
    """One card of each kind that the rules can tell apart."""
    seen = {(g.compute_capability, g.first_branch, g.newest_branch, g.host): g for g in CATALOG.gpus}
    return tuple(seen.values())


def stacks(distribution: str) -> Iterator[tuple[Gpu, Stack]]:
    for gpu in kinds():
        hardware = Hardware(gpus=(gpu.gpu,), distribution=distribution, architecture="x86_64")
        for wishes in wished():
            for builder in Builder:
                try:
                    yield gpu, attempt(ask(hardware, wishes, builder, CATALOG))
                except ContradictionError:
                    continue


def wished() -> Iterator[Wishes]:
    """Each framework without a wish, and each of its minor releases."""
    for framework in Framework:
        for minor in ("", *dict.fromkeys(row.minor for row in CATALOG.releases(framework))):
            yield Wishes(framework=framework, release=minor)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_stack_keeps_the_rules(distribution: str) -> None:
    found = list(stacks(distribution))
    assert len(found) > 100
    broken = [
        (gpu.gpu, stack.title, rule.__name__)
        for gpu, stack in found
        for rule in (code, driver, floor, packages, python, cudnn, chain)
        if not rule(gpu, stack)
    ]
    assert broken == []


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_way_out_of_a_refusal_works(distribution: str) -> None:
    for gpu in kinds():
        hardware = Hardware(gpus=(gpu.gpu,), distribution=distribution, architecture="x86_64")
        for asked in SAMPLE:
            refusal = resolve(hardware, asked, Builder.CONDA, CATALOG)
            if isinstance(refusal, Refusal):
                assert refusal.alternatives, (gpu.gpu, asked)
                for alternative in refusal.alternatives:
                    assert isinstance(follow(refusal, alternative.options), Stack), alternative


def follow(refusal: Refusal, options: tuple[str, ...]) -> Stack | Refusal:
    """The answer to what the options make of the question."""
    typed = list(zip(options[::2], options[1::2], strict=True))
    gpus = tuple(value for name, value in typed if name == "--gpu") or refusal.hardware.gpus
    values = dict(typed)
    wishes: dict[str, Any] = {
        field: values.get(option, getattr(refusal.wishes, field)) for option, field in TO_WISH.items()
    }
    framework = Framework(values.get("--framework", refusal.wishes.framework))
    kept = refusal.wishes.release if framework is refusal.wishes.framework else ""
    wishes |= {"framework": framework, "release": values.get(f"--{framework}", kept)}
    hardware = Hardware(
        gpus=gpus,
        distribution=values.get("--distribution", refusal.hardware.distribution),
        architecture=refusal.hardware.architecture,
    )
    return resolve(hardware, Wishes(**wishes), Builder(values.get("--builder", "conda")), CATALOG)


def code(gpu: Gpu, stack: Stack) -> bool:
    """The wheel has machine code of the card's major version, or PTX it can use."""
    release, (major, minor) = RELEASES[stack.framework, stack.release], gpu.compute_capability
    machine = [each for each in release.sass if each[0] == major and each[1] <= minor]
    older = [each for each in release.ptx if each <= (major, minor)]
    return bool(machine) or (bool(older) if release.ptx_for_newer else (major, minor) in release.ptx)


def driver(gpu: Gpu, stack: Stack) -> bool:
    """The branch drives the card with these modules."""
    if stack.driver is None:
        return False
    branch = BRANCHES[stack.driver.branch]
    drives = branch.open if stack.driver.flavour == "open" else branch.proprietary
    return gpu.architecture in drives and int(branch.branch) >= int(gpu.first_branch)


def floor(gpu: Gpu, stack: Stack) -> bool:
    """CUDA 11 needs driver 450.80.02, CUDA 12 needs 525.60.13, CUDA 13 needs 580.65.06."""
    least = {"11": "450.80.02", "12": "525.60.13", "13": "580.65.06"}[stack.cuda.split(".")[0]]
    return stack.driver is not None and version(stack.driver.version) >= version(least)


def packages(gpu: Gpu, stack: Stack) -> bool:
    """Driver and toolkit come from packages that the distribution, or NVIDIA for it, has."""
    there = {
        (row.branch, row.flavour, row.origin)
        for row in CATALOG.driver_packages
        if row.distribution == stack.hardware.distribution
    }
    kit, own = stack.toolkit, CATALOG.distribution(stack.hardware.distribution)
    kit_there = kit is None or (
        kit.cuda == own.cuda
        if kit.source is PackageSource.DISTRO
        else any(kit.cuda == row.cuda and own.distribution in row.nvidia_repository for row in CATALOG.cuda)
    )
    chosen = stack.driver
    return chosen is not None and (chosen.branch, chosen.flavour, chosen.source) in there and kit_there


def python(gpu: Gpu, stack: Stack) -> bool:
    """A wheel is there for the Python, and with venv it is the distribution's."""
    own = CATALOG.distribution(stack.hardware.distribution).python
    return stack.python in RELEASES[stack.framework, stack.release].pythons and (
        stack.builder is Builder.CONDA or stack.python == own
    )


def cudnn(gpu: Gpu, stack: Stack) -> bool:
    """Before 7.5 cuDNN stays below 9.11, before 5.0 below 8.8; with open ranges there is a cap."""
    if stack.cudnn.startswith(">="):
        below = stack.cudnn.rpartition("<")[2]
        return gpu.compute_capability >= (7, 5) or version(below) <= (9, 11)
    return gpu.compute_capability >= (5, 0) or version(stack.cudnn) < (8, 8)


def chain(gpu: Gpu, stack: Stack) -> bool:
    """There is a chain of facts, and each has a source."""
    facts: tuple[Fact, ...] = stack.facts
    return len(facts) > 4 and all(fact.source and fact.statement for fact in facts)
