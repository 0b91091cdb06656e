"""The keys of `fleet.yml`, their types, bounds and defaults. Pure: no file, no environment."""

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from orchestrator.models import HostRequest, WorkloadRequest

Cloud = Literal["sandbox", "onprem"]
Distribution = Literal["debian-12", "debian-13"]
Role = Literal["base", "ssh_server", "ml_env", "datasets"]
Workload = Literal["smoke", "fashion_mnist"]

CLOUDS: tuple[str, ...] = get_args(Cloud)
DISTRIBUTIONS: tuple[str, ...] = get_args(Distribution)
ROLES: tuple[str, ...] = get_args(Role)

FLEET_NAME = r"^[a-z][a-z0-9-]{0,30}$"
HOST_NAME = r"^[a-z][a-z0-9]{0,30}$"
"""Without a hyphen, so that `<fleet>-<name>` belongs to one fleet only; together they fit a DNS label."""
USER_NAME = r"^[a-z_][a-z0-9_-]{0,31}$"


def _no_boolean(value: object) -> object:
    """Python counts `true` as 1; in a file it is a slip."""
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "Input should be a number")
    return value


def _no_repetition(items: tuple[str, ...]) -> tuple[str, ...]:
    for item in items:
        if items.count(item) > 1:
            raise PydanticCustomError("repetition", "{item} is listed twice", {"item": item})
    return items


def _count_or_list(value: object) -> str:
    return "list" if isinstance(value, list | tuple) else "count"


Whole = Annotated[int, BeforeValidator(_no_boolean)]
Number = Annotated[float, BeforeValidator(_no_boolean)]


class Section(BaseModel):
    """A mapping of the file. A key without a value means its default; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def fields_by_key(cls) -> dict[str, FieldInfo]:
        """The fields under the names they have in the file."""
        return {field.alias or name: field for name, field in cls.model_fields.items()}

    @model_validator(mode="before")
    @classmethod
    def _null_means_default(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        known = cls.fields_by_key()
        return {key: value for key, value in data.items() if value is not None or key not in known}


class HostEntry(Section):
    """One host of a `hosts:` list."""

    name: str | None = Field(
        default=None,
        pattern=HOST_NAME,
        description="What follows `<fleet>-` in its name: lower-case letters and digits. Default: its number, from 1.",
    )
    distribution: Distribution | None = Field(
        default=None, description="debian-12 or debian-13. Default: the fleet's `distribution`."
    )


HostList = Annotated[tuple[HostEntry, ...], Field(min_length=1, max_length=100)]
HostCount = Annotated[Whole, Field(ge=1, le=100)]


def _host_names(entries: tuple[HostEntry, ...], fleet: str) -> tuple[str, ...]:
    return tuple(f"{fleet}-{entry.name or n}" for n, entry in enumerate(entries, start=1))


class SandboxSpec(Section):
    """`sandbox:`, for hosts that are containers on this computer."""

    engine: Literal["auto", "docker", "podman"] = Field(
        default="auto", description="Container engine: auto (the first that answers), docker or podman."
    )
    image: str = Field(
        default="",
        description="Base image to start from. Empty: Debian's own, or one made from its packages.",
    )
    cpus: Number | None = Field(
        default=None, gt=0, description="CPUs that each host may use. Default: all of this computer's."
    )
    memory_mib: Whole | None = Field(
        default=None,
        ge=512,
        description="Memory in MiB that each host may use, at least 512. Default: no limit.",
    )


class OnpremSpec(Section):
    """`onprem:`, for hosts that exist."""

    inventory: Path = Field(
        default=Path("inventories/lab"),
        description="Ansible inventory, a file or folder, seen from the working directory.",
    )
    limit: str = Field(
        default="all", min_length=1, description="Ansible host pattern: which hosts of the inventory."
    )


class ValidationSpec(Section):
    """`validate:`, the training that has to succeed on every host."""

    workloads: Annotated[tuple[Workload, ...], AfterValidator(_no_repetition)] = Field(
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


class FleetSpec(Section):
    """A whole `fleet.yml`."""

    name: str = Field(
        default="sandbox",
        pattern=FLEET_NAME,
        description="Name of the fleet: lower-case letters, digits and hyphens, a letter first, at most 31.",
    )
    cloud: Cloud = Field(
        default="sandbox",
        description="Where the hosts are: sandbox (containers on this computer) or onprem (hosts that exist).",
    )
    hosts: Annotated[
        Annotated[HostCount, Tag("count")] | Annotated[HostList, Tag("list")], Discriminator(_count_or_list)
    ] = Field(
        default=1,
        description="How many hosts, 1 to 100, or a list of hosts. onprem takes the inventory's instead.",
    )
    distribution: Distribution = Field(
        default="debian-12", description="Distribution of hosts that are made: debian-12 or debian-13."
    )
    user: str = Field(
        default="admin",
        pattern=USER_NAME,
        description="Login made on every new host, with its own SSH key and sudo: a Unix user name.",
    )
    sandbox: SandboxSpec = Field(default_factory=SandboxSpec, description="Settings of `cloud: sandbox`.")
    onprem: OnpremSpec = Field(default_factory=OnpremSpec, description="Settings of `cloud: onprem`.")
    roles: Annotated[tuple[Role, ...], AfterValidator(_no_repetition)] = Field(
        default=("base", "ssh_server", "ml_env", "datasets"),
        description="Ansible roles to apply. playbooks/site.yml decides their order.",
    )
    vars: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Role variables, as each role's README lists them, for all hosts.",
    )
    validation: ValidationSpec = Field(
        default_factory=ValidationSpec, alias="validate", description="The training that proves each host."
    )

    @property
    def host_requests(self) -> tuple[HostRequest, ...]:
        """The hosts to make, every name and distribution filled in."""
        entries = (HostEntry(),) * self.hosts if isinstance(self.hosts, int) else self.hosts
        return tuple(
            HostRequest(name=name, distribution=entry.distribution or self.distribution)
            for name, entry in zip(_host_names(entries, self.name), entries, strict=True)
        )

    @field_validator("hosts")
    @classmethod
    def _host_names_differ(cls, hosts: int | HostList, info: ValidationInfo) -> int | HostList:
        if not isinstance(hosts, int) and "name" in info.data:
            _no_repetition(_host_names(hosts, info.data["name"]))
        return hosts
