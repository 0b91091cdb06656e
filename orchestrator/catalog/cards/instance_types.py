"""EC2 types that have no NVIDIA GPU, and what they have instead. Pure; knows no type by name, families alone."""

import re

from orchestrator.errors import UsageError

_TYPE = re.compile(r"(?P<family>[a-z][a-z0-9-]*)\.(\d*x?large|metal|medium|small|micro|nano)[a-z0-9-]*")
_ACCELERATORS = {
    r"trn\d\w*": "AWS Trainium",
    r"inf\d": "AWS Inferentia",
    r"dl1": "Intel Gaudi",
    r"dl2q": "Qualcomm AI 100",
    r"vt1": "AMD's media accelerator",
    r"f[12]": "FPGAs",
}
"""AWS, EC2 accelerated computing instances."""
_GPU = re.compile(r"(g|p)\d.*")


class UnknownInstanceTypeError(UsageError):
    """No EC2 type with a GPU has this name."""


def is_type(text: str) -> bool:
    """Whether the text is spelt like an EC2 type: `g5.xlarge`."""
    return _TYPE.fullmatch(text.lower()) is not None


def spelt(text: str) -> str:
    """As EC2 spells it: `g5.xlarge` of `G5.XLARGE` or `g5 xlarge`."""
    return ".".join(text.lower().split())


def refuse_without_gpu(name: str) -> None:
    """Raises UnknownInstanceTypeError for a type whose family has no NVIDIA GPU; others are let pass."""
    found = _TYPE.fullmatch(name)
    if found is None or _GPU.fullmatch(found["family"]):
        return
    inside = next(
        (what for family, what in _ACCELERATORS.items() if re.fullmatch(family, found["family"])), ""
    )
    if inside:
        raise UnknownInstanceTypeError(
            f"{name} has {inside} and no NVIDIA GPU: the stacks that are decided here run through CUDA",
            "orchestrate resolve --instance-type g6.xlarge",
        )
    raise UnknownInstanceTypeError(
        f"{name} has no GPU, as far as is known: EC2's families with NVIDIA's are those of g and p",
        "leave the type out, for TensorFlow on the CPU",
    )
