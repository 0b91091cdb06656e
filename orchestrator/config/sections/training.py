"""The sections of `fleet.yml` for what is installed and how it is proved: `stack:` and `validate:`. Pure."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from orchestrator.config.sections.base import Number, Section, Whole, no_repetition
from orchestrator.models import Wishes, WorkloadRequest

Workload = Literal["smoke", "fashion_mnist"]


class StackSpec(Section):
    """`stack:`, what is insisted on between the driver and TensorFlow. The resolver decides the rest."""

    tensorflow: str = Field(
        default="",
        pattern=r"^(\d+\.\d+(\.\d+)?)?$",
        description='TensorFlow release, quoted: "2.15" (its newest) or "2.15.1". Empty: the newest that works.',
    )
    cuda: str = Field(
        default="",
        pattern=r"^(\d+(\.\d+)?)?$",
        description='CUDA to compile and run programs with on the host, quoted: "12.4", or "12". Empty: none is needed.',
    )
    python: str = Field(
        default="",
        pattern=r"^(3\.\d+)?$",
        description='Python of the environment, quoted: "3.11". Empty: one that the TensorFlow release supports.',
    )
    driver: str = Field(
        default="",
        pattern=r"^(\d{3})?$",
        description='Branch of the NVIDIA driver, quoted: "580". Empty: the best one for the cards.',
    )
    flavour: Literal["", "open", "proprietary"] = Field(
        default="",
        description="The driver's kernel modules: open or proprietary. Empty: what suits the cards.",
    )
    source: Literal["", "distro", "nvidia_repo"] = Field(
        default="",
        description="Whose packages the driver is of: distro or nvidia_repo. Empty: the distribution's, if they serve.",
    )
    gpu_memory_mib: Whole = Field(
        default=0, ge=0, description="Memory in MiB that a job needs on one card. 0: whatever the card has."
    )
    builder: Literal["auto", "conda", "venv"] = Field(
        default="auto",
        description="What makes the environments: conda, venv, or auto (conda where its servers answer).",
    )

    @property
    def wishes(self) -> Wishes:
        """What the resolver is to keep to."""
        return Wishes(
            tensorflow=self.tensorflow,
            cuda=self.cuda,
            python=self.python,
            driver=self.driver,
            flavour=self.flavour,
            source=self.source,
            gpu_memory_mib=self.gpu_memory_mib,
        )


class ValidationSpec(Section):
    """`validate:`, the training that has to succeed on every host."""

    workloads: Annotated[tuple[Workload, ...], AfterValidator(no_repetition)] = Field(
        default=("smoke", "fashion_mnist"),
        min_length=1,
        description="Jobs to run in order: smoke (devices and arithmetic), fashion_mnist (real training).",
    )
    device: Literal["auto", "cpu", "gpu"] = Field(
        default="auto", description="auto (gpu where a card is on the PCI bus), cpu or gpu."
    )
    backend: Literal["tensorflow", "jax", "torch"] = Field(
        default="tensorflow", description="Keras backend: tensorflow, jax or torch."
    )
    memory_limit_mib: Whole | None = Field(
        default=None,
        ge=64,
        description="GPU memory in MiB that a job may take, at least 64. Default: no limit.",
    )
    epochs: Whole = Field(default=3, ge=1, le=1000, description="Passes over the training data, 1 to 1000.")
    batch_size: Whole = Field(default=256, ge=1, le=60000, description="Images per step, 1 to 60000.")
    min_accuracy: Number = Field(
        default=0.85, ge=0, le=1, description="Test accuracy to reach, 0 to 1. Below it the verdict is FAIL."
    )
    timeout_s: Whole = Field(
        default=900, ge=1, description="Seconds that one job may take on one host before it counts as failed."
    )

    @property
    def requests(self) -> tuple[WorkloadRequest, ...]:
        """One request per workload, in order."""
        return tuple(
            WorkloadRequest(
                workload=workload,
                device=self.device,
                backend=self.backend,
                memory_limit_mib=self.memory_limit_mib,
                epochs=self.epochs,
                batch_size=self.batch_size,
                min_accuracy=self.min_accuracy,
                timeout_s=self.timeout_s,
            )
            for workload in self.workloads
        )
