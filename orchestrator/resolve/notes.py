"""What somebody has to know of a stack who does not read its whole chain: waits, limits, compilers. Pure; decides nothing."""

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.catalog.names import version
from orchestrator.models import Framework, Stack
from orchestrator.resolve.attempt import ask, attempt
from orchestrator.resolve.rules.question import ContradictionError, Question, listed
from orchestrator.resolve.rules.release import Code, code_for

JIT_MINUTES = 30
"""How long the driver was seen to compile all of TensorFlow's PTX (TensorFlow, GPU support: hardware requirements)."""


def notes(question: Question, stack: Stack) -> tuple[str, ...]:
    """The notes on the stack that answers the question."""
    return (
        *_first_start(question, stack),
        *_machine_code_elsewhere(question, stack),
        *_index_of_pytorch(question, stack),
        *_limits(question, stack),
        *_compiler(question, stack),
        *_slices(question),
    )


def _first_start(question: Question, stack: Stack) -> Iterator[str]:
    row = next(row for row in question.releases if row.release == stack.release)
    compiled = [card.gpu for card in question.cards if code_for(card, row) is Code.PTX]
    if compiled:
        yield (
            f"the first start takes up to {JIT_MINUTES} minutes: the driver compiles {stack.framework.label}'s code for {listed(compiled)},"
            " and keeps it in ~/.nv where CUDA_CACHE_MAXSIZE leaves room (4294967296)"
        )


def _machine_code_elsewhere(question: Question, stack: Stack) -> Iterator[str]:
    """Other frameworks that have machine code for what this one has PTX alone for, as TensorFlow for Blackwell."""
    row = next(row for row in question.releases if row.release == stack.release)
    compiled = [card for card in question.cards if code_for(card, row) is Code.PTX]
    having = [
        framework
        for framework in Framework
        if framework is not stack.framework
        and all(
            code_for(card, question.catalog.releases(framework)[-1]) is Code.SASS for card in question.cards
        )
    ]
    if compiled and having:
        yield (
            f"{listed(framework.label for framework in having)} {'has' if len(having) == 1 else 'have'} machine code for"
            f" {listed(card.gpu for card in compiled)}: {' or '.join(f'--framework {framework}' for framework in having)}"
        )


def _index_of_pytorch(question: Question, stack: Stack) -> Iterator[str]:
    if stack.framework is not Framework.TORCH:
        return
    if question.without_cuda:
        yield (
            f"PyTorch's build for the CPU, {stack.requirements[0]}, is not among the packages of PyPI but on PyTorch's own index, which"
            " its page Get Started names: give that to pip as `extra-index-url` in `base_pip_config` under `vars:`, else role ml_env"
            " does not find it. This was not tried on a host"
        )
    else:
        yield "the environment has no twin for the CPU, since PyTorch's build for the CPU is on an index of its own: this one computes there too"


def _limits(question: Question, stack: Stack) -> Iterator[str]:
    """Which of several cards keeps the others from a newer release or driver."""
    alone: dict[str, Stack] = {}
    for card in question.cards if len(question.cards) > 1 else ():
        hardware = replace(question.hardware, gpus=(card.gpu,))
        try:
            alone[card.gpu] = attempt(ask(hardware, question.wishes, question.builder, question.catalog))
        except ContradictionError:
            return
    newer = [name for name, its in alone.items() if version(its.release) > version(stack.release)]
    limiting = [name for name in alone if name not in newer]
    if newer and limiting:
        best = max((alone[name].release for name in newer), key=version)
        yield f"{listed(limiting)} limits {stack.framework.label} to {stack.release}: {listed(newer)} alone would get {best}"
    with_another = [
        name
        for name, its in alone.items()
        if its.driver and stack.driver and its.driver.branch != stack.driver.branch
    ]
    keeping = [name for name in alone if name not in with_another]
    if with_another and keeping and stack.driver:
        yield f"{listed(keeping)} decides for driver {stack.driver.branch}, which {listed(with_another)} alone would not get"


def _compiler(question: Question, stack: Stack) -> Iterator[str]:
    if stack.toolkit is None:
        return
    host = question.distribution
    row = next(row for row in question.catalog.cuda if row.cuda == stack.toolkit.cuda)
    if version(row.gcc_max) < version(host.gcc):
        yield (
            f"nvcc of CUDA {row.cuda} takes gcc up to {row.gcc_max}, and {host.label} has gcc {host.gcc}: install gcc-{row.gcc_max}"
            f" and g++-{row.gcc_max}, and compile with nvcc -ccbin g++-{row.gcc_max}"
        )


def _slices(question: Question) -> Iterator[str]:
    slices = [name for name in question.hardware.gpus if " MIG " in name]
    if slices:
        yield (
            "a program sees one MIG instance alone, whichever CUDA_VISIBLE_DEVICES names (nvidia-smi -L lists them): several do not"
            " train one model together"
        )
