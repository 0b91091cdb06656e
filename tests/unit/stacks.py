"""Stacks and refusals for tests; whatever a test does not care about has a default."""

from orchestrator.models import (
    Alternative,
    Builder,
    Confidence,
    Driver,
    Fact,
    Flavour,
    Framework,
    Hardware,
    PackageSource,
    Refusal,
    Stack,
    Toolkit,
    Wishes,
)

CARD = Fact(
    statement="Tesla K80 has compute capability 3.7", source="NVIDIA's list", confidence=Confidence.HIGH
)
WHEEL = Fact(
    statement="TensorFlow 2.15 has code for 5.0 and newer", source="the wheel", confidence=Confidence.HIGH
)
HEARSAY = Fact(statement="driver 580 knows Tesla T4", source="a forum", confidence=Confidence.LOW)
DRIVER = Driver(
    branch="580",
    flavour=Flavour.OPEN,
    source=PackageSource.NVIDIA_REPO,
    packages=("nvidia-open",),
    version="580.95.05",
    fabric_manager=False,
)
TOOLKIT = Toolkit(
    cuda="12.4",
    cudnn="",
    source=PackageSource.NVIDIA_REPO,
    packages=("cuda-toolkit-12-4",),
    reason="it was asked for",
)


def hardware(*gpus: str, distribution: str = "debian-12") -> Hardware:
    return Hardware(gpus=gpus, distribution=distribution, architecture="x86_64")


def stack(
    *gpus: str,
    driver: Driver | None = None,
    toolkit: Toolkit | None = None,
    builder: Builder = Builder.VENV,
    facts: tuple[Fact, ...] = (),
) -> Stack:
    return Stack(
        hardware=hardware(*gpus),
        driver=driver,
        cuda="12.5" if gpus else "",
        cudnn=">=9.3,<10" if gpus else "",
        toolkit=toolkit,
        framework=Framework.TENSORFLOW,
        release="2.21.0",
        python="3.11",
        builder=builder,
        requirements=("tensorflow[and-cuda]==2.21.0" if gpus else "tensorflow-cpu==2.21.0", "keras"),
        constraints=(),
        facts=facts,
    )


def refusal(*alternatives: Alternative) -> Refusal:
    return Refusal(
        hardware=hardware("Tesla K80"),
        wishes=Wishes(release="2.15"),
        contradiction=(CARD, WHEEL),
        facts=(CARD,),
        alternatives=alternatives,
    )
