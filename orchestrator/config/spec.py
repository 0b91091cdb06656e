"""`fleet.yml` as a whole: its keys, their types, bounds and defaults. Pure: no file, no environment."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Discriminator, Field, JsonValue, Tag, ValidationInfo, field_validator

from orchestrator.config.sections import (
    AwsSpec,
    ClusterSpec,
    LimitsSpec,
    OnpremSpec,
    SandboxSpec,
    Section,
    Service,
    StackSpec,
    ValidationSpec,
    WebSpec,
    Whole,
    no_repetition,
    roles_of,
)
from orchestrator.models import HostRequest

Cloud = Literal["sandbox", "onprem", "aws"]
Distribution = Literal["debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04", "ubuntu-26.04"]
TrainingRole = Literal[
    "base",
    "ssh_server",
    "lifetime",
    "nvidia_driver",
    "cuda",
    "conda",
    "ml_env",
    "datasets",
    "recheck",
    "gpu_telemetry",
    "gpu_leases",
]
Role = Literal[
    TrainingRole,
    "container_toolkit",
    "firewall",
    "nginx",
    "vnc",
    "notebooks",
    "gpu_exporter",
    "prometheus",
    "zabbix_agent",
    "zabbix_server",
    "host_page",
]

CLOUDS: tuple[str, ...] = get_args(Cloud)
DISTRIBUTIONS: tuple[str, ...] = get_args(Distribution)
ROLES: tuple[Role, ...] = get_args(Role)
TRAINING_ROLES: tuple[TrainingRole, ...] = get_args(TrainingRole)

FLEET_NAME = r"^[a-z][a-z0-9-]{0,30}$"
HOST_NAME = r"^[a-z][a-z0-9]{0,30}$"
"""Without a hyphen, so that `<fleet>-<name>` belongs to one fleet only; together they fit a DNS label."""
USER_NAME = r"^[a-z_][a-z0-9_-]{0,31}$"


class HostEntry(Section):
    """One host of a `hosts:` list."""

    name: str | None = Field(
        default=None,
        pattern=HOST_NAME,
        description="What follows `<fleet>-` in its name: lower-case letters and digits. Default: its number, from 1.",
    )
    distribution: Distribution | None = Field(
        default=None,
        description="debian-12, debian-13, ubuntu-22.04, ubuntu-24.04 or ubuntu-26.04. Default: the fleet's `distribution`.",
    )


HostList = Annotated[tuple[HostEntry, ...], Field(min_length=1, max_length=1000)]
HostCount = Annotated[Whole, Field(ge=1, le=1000)]


def _usual_distribution(given: dict[str, object]) -> Distribution:
    """Of hosts that are made. AWS's own images with a driver are of Ubuntu, and so are most hosts with a GPU."""
    return "ubuntu-24.04" if given.get("cloud") == "aws" else "debian-12"


def _count_or_list(value: object) -> str:
    return "list" if isinstance(value, list | tuple) else "count"


def _host_names(entries: tuple[HostEntry, ...], fleet: str) -> tuple[str, ...]:
    return tuple(f"{fleet}-{entry.name or n}" for n, entry in enumerate(entries, start=1))


class FleetSpec(Section):
    """A whole `fleet.yml`."""

    name: str = Field(
        default="sandbox",
        pattern=FLEET_NAME,
        description="Name of the fleet: lower-case letters, digits and hyphens, a letter first, at most 31.",
    )
    cloud: Cloud = Field(
        default="sandbox",
        description="Where the hosts are: sandbox (containers on this computer), onprem (hosts that exist), "
        "or aws (rented by the hour from EC2).",
    )
    hosts: Annotated[
        Annotated[HostCount, Tag("count")] | Annotated[HostList, Tag("list")], Discriminator(_count_or_list)
    ] = Field(
        default=1,
        description="How many hosts, 1 to 1000, or a list of hosts. onprem takes the inventory's instead.",
    )
    distribution: Distribution = Field(
        default_factory=_usual_distribution,
        description="Distribution of hosts that are made: debian-12, debian-13, ubuntu-22.04, ubuntu-24.04 or ubuntu-26.04; "
        "sandbox makes Debian alone. Default: ubuntu-24.04 for aws, else debian-12.",
    )
    user: str = Field(
        default="admin",
        pattern=USER_NAME,
        description="Login made on every new host, with its own SSH key and sudo: a Unix user name.",
    )
    sandbox: SandboxSpec = Field(default_factory=SandboxSpec, description="Settings of `cloud: sandbox`.")
    onprem: OnpremSpec = Field(default_factory=OnpremSpec, description="Settings of `cloud: onprem`.")
    aws: AwsSpec = Field(default_factory=AwsSpec, description="Settings of `cloud: aws`.")
    cluster: ClusterSpec = Field(
        default_factory=ClusterSpec, description="Several hosts with one queue of jobs, under Slurm."
    )
    limits: LimitsSpec = Field(
        default_factory=LimitsSpec, description="What ends a host that is paid for, even when nobody watches."
    )
    stack: StackSpec = Field(
        default_factory=StackSpec,
        description="What is insisted on between the driver and the framework, and which one that is.",
    )
    roles: Annotated[tuple[Role, ...], AfterValidator(no_repetition)] = Field(
        default=TRAINING_ROLES,
        description="Ansible roles to apply. playbooks/site.yml decides their order; what a host has no use for, "
        "such as a driver without a card, the plan leaves out.",
    )
    services: Annotated[tuple[Service, ...], AfterValidator(no_repetition)] = Field(
        default=(),
        description="What people use on the hosts besides training: desktop, notebooks (with TensorBoard), page (the host's "
        "own), gpu_exporter (figures of the cards for Prometheus), prometheus (with it, rules and alerts), containers (that are "
        "given cards), zabbix_agent, zabbix_server (on the first host, with an agent on each). Each brings the roles that it needs; any "
        "but containers and zabbix_agent brings the page.",
    )
    web: WebSpec = Field(
        default_factory=WebSpec, description="How services are reached without an SSH tunnel."
    )
    vars: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Role variables, as each role's README lists them, for all hosts.",
    )
    validation: ValidationSpec = Field(
        default_factory=ValidationSpec, alias="validate", description="The training that proves each host."
    )

    @property
    def wanted_roles(self) -> tuple[str, ...]:
        """`roles:`, and what `services:` and `cluster:` bring."""
        brought = roles_of(self.services, made=self.cloud != "onprem")
        shared = self.cluster.roles(volume=self.cloud == "sandbox")
        return tuple(dict.fromkeys((*self.roles, *brought, *shared)))

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
            no_repetition(_host_names(hosts, info.data["name"]))
        return hosts
