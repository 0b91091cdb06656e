"""What the fleet file may say about each provider, as plain values. No I/O, so that `config` can build them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.models import Market


def dns_names(dns_name: str, fleet: str, hosts: tuple[str, ...]) -> dict[str, str]:
    """The DNS name of each host: the name itself for a single one, else with the host's number before it."""
    if len(hosts) == 1:
        return {hosts[0]: dns_name}
    return {host: f"{host.removeprefix(f'{fleet}-')}.{dns_name}" for host in hosts}


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """Containers on this computer."""

    engine: str = "auto"
    """`docker`, `podman`, or `auto`: Docker if it answers, else Podman."""
    image: str = ""
    """Registry reference to start from; empty means the distribution's official one."""
    cpus: float | None = None
    """CPUs that one host may use; None means all."""
    memory_mib: int | None = None
    """Memory that one host may use; None means all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnpremSettings:
    """Hosts that exist already."""

    inventory: Path
    """An Ansible inventory: a file, a folder or a script."""
    limit: str = "all"
    """Ansible host pattern: which of its hosts belong to the fleet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSettings:
    """Hosts of EC2."""

    regions: tuple[str, ...] = ("us-east-1",)
    """In the order in which they are tried. At least one."""
    zones: tuple[str, ...] = ()
    """`us-east-1a` …; empty means every zone of the regions that offers the type."""
    instance_types: tuple[str, ...] = ("g4dn.xlarge",)
    """In the order in which they are tried."""
    market: Market = Market.ON_DEMAND
    capacity_reservation: str = ""
    """`cr-…`: all hosts run in it, or none is launched; `none`: in no reservation. Empty leaves it to EC2, which puts a host on demand
    into an open reservation that fits."""
    image: str = ""
    """`ami-…`, `deep-learning`, or empty for the distribution's own."""
    baked: str = ""
    """Fingerprint of what will be applied: an image of ours that has the same one is taken before the distribution's."""
    disk_gib: int = 100
    kms_key: str = ""
    """Id, alias or ARN of the key that encrypts the disks; empty means the account's default."""
    vpc: str = "default"
    """`default`, `own` (made for the fleet), or `vpc-…`."""
    subnets: tuple[str, ...] = ()
    """`subnet-…`; empty means the VPC's default or first one in each zone."""
    private: bool = False
    """Hosts have no public address: this computer reaches them through a VPN or from inside."""
    cluster: bool = False
    """The hosts work together: all in one zone, and they may reach each other."""
    elastic: bool = False
    """The cluster's controller stops idle hosts and starts them for jobs, with a role of its own or that of `instance_profile`."""
    placement_group: str = "auto"
    """`auto`: one of the fleet's own for the hosts of a cluster; `none`; or the name of one that is there."""
    efa: bool = False
    """Hosts have an Elastic Fabric Adapter for their one network interface, and may reach each other."""
    elastic_ip: bool = False
    dns_name: str = ""
    """`gpu.example.org`: an A record in the hosted zone of Route 53 that holds it. Several hosts: `<n>.gpu.example.org`."""
    instance_profile: str = ""
    ssh_from: tuple[str, ...] = ()
    """CIDRs that may reach sshd; empty means the address that this computer has for the world."""
    web_from: tuple[str, ...] = ()
    """CIDRs that may reach ports 80 and 443; empty means that these are shut."""
    tags: tuple[tuple[str, str], ...] = ()
    """Key and value of what is put on everything that is made beside our own tags, sorted by key."""
    endpoint_url: str = ""
    """All services at this address instead of AWS's own, with keys that mean nothing; empty for AWS."""
    ask: Callable[[str], str] | None = None
    """How whoever is at the terminal is asked for a code of MFA; None where nobody is."""
    tried: Callable[[str], frozenset[str] | None] | None = None
    """The regions where a fleet of that name has been launched or tried, as the run folder knows; it answers None where nobody
    knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """Settings of every provider; the fleet's cloud decides which are read."""

    sandbox: SandboxSettings = field(default_factory=SandboxSettings)
    onprem: OnpremSettings | None = None
    aws: AwsSettings = field(default_factory=AwsSettings)
    owner: str = ""
    """Whose fleets these are where several people share an account: `journal.owner`."""
