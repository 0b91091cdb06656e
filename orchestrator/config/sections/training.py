"""The sections of `fleet.yml` for what is installed and how it is proved: `stack:` and `validate:`. Pure."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from orchestrator.config.sections.base import Number, Section, Whole, no_repetition
from orchestrator.models import ACROSS_HOSTS, Framework, Wishes, WorkloadRequest

Workload = Literal[
    "smoke", "fashion_mnist", "cifar10", "otto", "keypoints", "optimizers", "style_transfer", "gpu_burn"
]
ACROSS_HOSTS_BY = frozenset({"tensorflow", "jax"})
"""Frameworks that they run on."""
LOAD = "gpu_burn"
"""The one that measures how fast a card is."""
ASKED: dict[str, tuple[tuple[str, str | int | float], ...]] = {
    "cifar10": (("epochs", 10), ("batch_size", 64), ("min_accuracy", 0.5)),
    "otto": (("epochs", 10), ("batch_size", 256), ("max_log_loss", 0.7)),
    "keypoints": (("epochs", 20), ("batch_size", 64)),
    "optimizers": (("epochs", 5), ("batch_size", 128), ("seeds", 3), ("min_accuracy", 0.8)),
    "style_transfer": (("steps", 150), ("batch_size", 4)),
    LOAD: (("seconds", 60), ("memory_share", 0.8)),
}
"""What a validation asks of each workload but `smoke` and `fashion_mnist`: what lowers the bar on a host is seen by it."""


class StackSpec(Section):
    """`stack:`, what is insisted on between the driver and the framework. The resolver decides the rest."""

    framework: Literal["tensorflow", "jax", "torch"] = Field(
        default="tensorflow", description="What computes below Keras: tensorflow, jax or torch."
    )
    tensorflow: str = Field(
        default="",
        pattern=r"^(\d+\.\d+(\.\d+)?)?$",
        description='TensorFlow release, quoted: "2.15" (its newest) or "2.15.1". Empty: the newest that works.',
    )
    jax: str = Field(
        default="",
        pattern=r"^(\d+\.\d+(\.\d+){0,2})?$",
        description='JAX release for `framework: jax`, quoted: "0.10" or "0.10.2". Empty: the newest that works.',
    )
    torch: str = Field(
        default="",
        pattern=r"^(\d+\.\d+(\.\d+)?)?$",
        description='PyTorch release for `framework: torch`, quoted: "2.9" or "2.9.1". Empty: the newest that works.',
    )
    cuda: str = Field(
        default="",
        pattern=r"^(\d+(\.\d+)?)?$",
        description='CUDA to compile and run programs with on the host, quoted: "12.4", or "12". Empty: none is needed.',
    )
    python: str = Field(
        default="",
        pattern=r"^(3\.\d+)?$",
        description='Python of the environment, quoted: "3.11". Empty: one that the release supports.',
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
    def releases(self) -> dict[str, str]:
        """What is wished of each framework."""
        return {"tensorflow": self.tensorflow, "jax": self.jax, "torch": self.torch}

    @property
    def wishes(self) -> Wishes:
        """What the resolver is to keep to."""
        return Wishes(
            framework=Framework(self.framework),
            release=self.releases[self.framework],
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
        description="Jobs to run in order: smoke (devices and arithmetic), fashion_mnist (real training), gpu_burn (load and speed of "
        "every card), cifar10, otto, keypoints, optimizers, style_transfer. Default: the first two, and gpu_burn where a host has a card.",
    )
    device: Literal["auto", "cpu", "gpu"] = Field(
        default="auto", description="auto (gpu where a card is on the PCI bus), cpu or gpu."
    )
    backend: Literal["tensorflow", "jax", "torch"] | None = Field(
        default=None,
        description="Keras backend: tensorflow, jax or torch. Default: the framework of `stack:`, which is what the environment has.",
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
    valid_days: Whole = Field(
        default=30,
        ge=1,
        le=366,
        description="Days after which a PASS says nothing any more and the training is done again, 1 to 366.",
    )
    timeout_s: Whole = Field(
        default=900, ge=1, description="Seconds that one job may take on one host before it counts as failed."
    )

    def requests_across(self, framework: str, tasks: int) -> tuple[WorkloadRequest, ...]:
        """One request per workload of a cluster, for a task on each of so many hosts; none for one host, or where the framework has none."""
        backend = self.backend or framework
        if tasks < 2 or backend not in ACROSS_HOSTS_BY:
            return ()
        trained = (
            ("epochs", self.epochs),
            ("batch_size", self.batch_size),
            ("min_accuracy", self.min_accuracy),
        )
        return tuple(
            WorkloadRequest(
                workload=workload,
                device=self.device,
                backend=backend,
                memory_limit_mib=self.memory_limit_mib,
                epochs=self.epochs,
                batch_size=self.batch_size,
                min_accuracy=self.min_accuracy,
                timeout_s=self.timeout_s,
                options=(("tasks", tasks), *(trained if workload == "distributed" else ())),
            )
            for workload in ACROSS_HOSTS
        )

    def requests(self, framework: str, *, has_card: bool = False) -> tuple[WorkloadRequest, ...]:
        """One request per workload, in order; on this framework where no backend is said.

        Args:
            framework: of the environment.
            has_card: whether a host of the fleet has one: only a load says how fast it is.
        """
        measured = has_card and "workloads" not in self.model_fields_set and self.device != "cpu"
        return tuple(
            WorkloadRequest(
                workload=workload,
                device=self.device,
                backend=self.backend or framework,
                memory_limit_mib=self.memory_limit_mib,
                epochs=self.epochs,
                batch_size=self.batch_size,
                min_accuracy=self.min_accuracy,
                timeout_s=self.timeout_s,
                options=ASKED.get(workload, ()),
            )
            for workload in (*self.workloads, *((LOAD,) if measured else ()))
        )
