"""The values that pass between stages. Frozen, no I/O, no clock: every one can be written to JSON and read back.

Units are in the names (`_s` seconds, `_mib` mebibytes). Times are timezone-aware UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

FLEET_GROUP = "fleet"
"""Ansible group of all hosts of a fleet."""


class HostState(StrEnum):
    """What a provider says of a host."""

    PENDING = "pending"
    RUNNING = "running"
    STOPPED = "stopped"
    BROKEN = "broken"
    """It exists and will not come up by waiting or starting: it has to be terminated."""


class Market(StrEnum):
    """How a rented host is paid for."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"
    """Cheaper, and may be taken back at any time."""
    CAPACITY_BLOCK = "capacity-block"
    """Its hours were paid for in advance, and it is taken back at the end of them."""


class AtEnd(StrEnum):
    """What becomes of a rented host that is shut down."""

    TERMINATE = "terminate"
    STOP = "stop"
    """It can be started again, and its disk is paid for until then."""


class Connection(StrEnum):
    """How Ansible and the CLI reach a host."""

    SSH = "ssh"
    LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRequest:
    """One host that a fleet wants."""

    name: str
    """Unique in the fleet: `<fleet>-<n>`, n from 1."""
    distribution: str
    """`debian-12`, `ubuntu-24.04` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostIdentity:
    """An SSH host key pair made for one host before it is created."""

    public_key: str
    """`ssh-ed25519 AAAA…`, without a comment."""
    private_key: str = field(repr=False)
    """OpenSSH PEM. Never written to the run folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What ends a rented host whoever is watching. 0 is no limit."""

    max_hours: float = 0.0
    """Hours that a host may run in all."""
    max_cost_usd: float = 0.0
    """For each host: its price an hour, times the hours that it ran."""
    idle_minutes: int = 0
    """Minutes without GPU use, CPU load and logins."""
    at_end: AtEnd = AtEnd.TERMINATE

    def hours_at(self, usd_per_hour: float) -> float:
        """Hours until the first of deadline and budget at that price; 0 when neither is set."""
        by_budget = self.max_cost_usd / usd_per_hour if usd_per_hour else 0.0
        return min((hours for hours in (self.max_hours, by_budget) if hours), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One way to get a host, and what it costs."""

    provider: str
    description: str
    available: bool
    reason: str
    """Why it is not available; empty when it is."""
    price_usd_per_hour: float
    """0.0 for what costs nothing."""
    kind: str = ""
    """The distribution that it is for; empty where it does not matter."""
    key: str = ""
    """The provider's own name for it, from which it can launch; empty where there is nothing to choose."""
    prepaid: bool = False
    """Its hours cost nothing more, because they were paid for in advance."""
    until: datetime | None = None
    """When the provider takes back whatever was launched from it; None where it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchRequest:
    """What `Provider.launch` is asked to make exist."""

    fleet: str
    token: str
    """The idempotency token: the same token twice is the same fleet, once. At most 64 characters."""
    hosts: tuple[HostRequest, ...]
    user: str
    """The login that gets `authorized_key` and passwordless sudo."""
    authorized_key: str
    identities: dict[str, HostIdentity] = field(repr=False)
    """Host keys by host name. Used only for hosts that do not exist yet. Where keys travel openly, all have the same one:
    it only has to do for the first contact."""
    offers: tuple[Offer, ...] = ()
    """What the user agreed to, in the order in which it is to be tried; empty leaves it to the provider."""
    tried_last: str = ""
    """Key of the offer that a launch was at when it was killed: what came of it has to be known before another is tried."""
    limits: Limits = field(default_factory=Limits)
    owner: str = ""
    """Whose this fleet is, where several people share an account. Providers that have such accounts fill it in."""
    shared_folder: str = ""
    """Path at which every host has one volume of the fleet; empty for none. Providers that make no such volume pass over it."""


def endpoint(address: str, port: int) -> str:
    """Where a server is, as URLs write it: `192.0.2.5:22`, `[2001:db8::5]:22`, and without the port where that is 0, not known here."""
    if not port:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host as its provider knows it now."""

    name: str
    fleet: str
    provider_id: str
    distribution: str
    state: HostState
    connection: Connection
    address: str
    """Name or IP to connect to; empty while the host has none."""
    port: int
    """TCP port of sshd; 0 while unknown."""
    user: str
    host_key: str
    """Public host key on record, `ssh-ed25519 AAAA…`; empty where the user's own known_hosts decides."""
    inventory: str = ""
    """Path of the user's Ansible inventory that it is of; empty for hosts of our making."""
    instance_type: str = ""
    """What a rented host is sold as: `g4dn.xlarge`."""
    place: str = ""
    """Where a rented host is, and how it is paid for: `us-east-1a, spot`."""
    market: Market = Market.ON_DEMAND
    price_usd_per_hour: float = 0.0
    """While it runs; 0.0 for what costs nothing."""
    started_at: datetime | None = None
    """When it was started last; None where nobody counts."""
    ends_at: datetime | None = None
    """When its deadline ends it, as far as the provider's record says."""
    private_address: str = ""
    """What hosts of the same network reach it by, also after it was stopped and started; empty where that is `address`."""

    @property
    def is_rented(self) -> bool:
        """It is paid for by the hour, now or in advance."""
        return bool(self.price_usd_per_hour) or self.market is Market.CAPACITY_BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Anything a fleet owns at a provider: a container, a network, an image, a volume."""

    kind: str
    id: str
    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What a rented instance costs beside its own price: a disk, an address."""

    what: str
    """`disk of 100 GiB (gp3)`."""
    usd_per_hour: float
    while_stopped: bool
    """It is paid for as long as the instance exists, and not only while it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceStatus:
    """What a provider says of one rented instance at one moment; ended ones included, as long as it remembers them."""

    at: datetime
    """By the provider's own clock."""
    id: str
    host: str
    token: str
    """`LaunchRequest.token`: fleets of one name that came one after the other have different ones."""
    instance_type: str
    zone: str
    market: Market
    usd_per_hour: float | None
    """The price that was agreed to at launch; None when the provider does not know it."""
    state: str
    """EC2's word: `pending`, `running`, `stopping`, `stopped`, `shutting-down`, `terminated`; or `not found`."""
    started_at: datetime | None
    """Beginning of its present or last run."""
    created_at: datetime | None = None
    """When it was launched; None when the provider does not say any more."""
    run_ended_at: datetime | None = None
    """When it left its last run, as the provider dates it; None while it runs, and when the provider does not say."""
    dated_by_console: bool = False
    """`run_ended_at` is when its console was posted last: at its end, or, should that have failed, at its beginning."""
    reason: str = ""
    """The provider's code of why it is in that state: `Server.SpotInstanceTermination`."""
    message: str = ""
    ends_at: datetime | None = None
    """When its deadline ends it."""
    interrupted_at: datetime | None = None
    """When the provider takes it back, by the notice that its host read; None where none was heard of."""
    capacity_reservation: str = ""
    """The reservation that it runs in; empty where it runs in none."""
    extras: tuple[Extra, ...] = ()
    """Empty where the provider does not know any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One time that an instance ran, from a start to a stop or its end."""

    started_at: datetime
    ended_after: datetime
    """It ran at least until then."""
    ended_before: datetime
    """It ran no longer than until then; the same as `ended_after` where the end is known."""
    open: bool
    """It still runs, as far as is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One line of a bill. Least and most are the same where everything is known."""

    what: str
    hours_least: float
    hours_most: float
    usd_least: float
    usd_most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceBill:
    """Everything that one rented instance has cost."""

    id: str
    host: str
    instance_type: str
    zone: str
    market: Market
    usd_per_hour: float | None
    """None: nobody knows its price, and `charges` has no line for its hours."""
    state: str
    reason: str
    """Why it ended or was stopped, in words, with the provider's code; empty while it runs."""
    runs: tuple[Run, ...]
    charges: tuple[Charge, ...]
    """The instance's hours first."""
    running_usd_per_hour: float
    """What it costs an hour in its present state: all of it while it runs, disk and kept address while it is stopped."""
    capacity_reservation: str = ""
    """As in `InstanceStatus`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a fleet has cost, by instance, at list prices and without traffic and taxes."""

    at: datetime
    instances: tuple[InstanceBill, ...]
    usd_least: float
    usd_most: float
    usd_per_hour: float
    """What it costs an hour as it is now."""
    incomplete: tuple[str, ...] = ()
    """What is not in it, and why; a line each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFleet:
    """What carries a fleet's name and a mark that is not ours."""

    fleet: str
    owner: str
    """The other one's mark, or `providers.base.UNMARKED`."""
    hosts: tuple[Host, ...]
    resources: tuple[Resource, ...]
    """The hosts too."""
    since: datetime | None
    """When the oldest of its hosts was made or last started, as far as the provider says."""

    @property
    def usd_per_hour(self) -> float:
        """What its hosts cost while they run."""
        return sum(host.price_usd_per_hour for host in self.hosts if host.state is HostState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Where a fleet is that was taken over without its run folder."""

    cloud: str
    regions: tuple[str, ...]
    """Of AWS; empty elsewhere."""
    rehearsed: bool
    owners: tuple[str, ...]
    """Whose it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """What became of one resource."""

    resource: Resource
    gone: bool
    proof: str
    """What was asked after the removal and what was answered."""
    hours: float | None = None
    """That a rented host ran in all, or at the most; None for what is not billed by the hour, or not known."""
    cost_usd: float | None = None
    """For those hours; its disk and addresses are in the receipt's `bill`."""
    at_most: bool = False
    """When it ended is not known: hours and cost are the most that they can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What `down` prints: each resource with the proof that it is gone, and what the fleet has cost."""

    fleet: str
    issued_at: datetime
    lines: tuple[ReceiptLine, ...]
    bill: Bill | None = None
    """None where nothing is rented."""

    @property
    def all_gone(self) -> bool:
        """True when no resource is left, so also when there was none."""
        return all(line.gone for line in self.lines)


TRAINING = "fashion_mnist"
"""The workload that `validate:` sets epochs, batch size and accuracy for."""
QUICK = "smoke"
"""The workload that runs again where nothing changed: in a short validation, and on a host by itself."""
TRAINING_ARGUMENTS = ("epochs", "batch_size", "min_accuracy")
ACROSS_HOSTS = ("all_reduce", "distributed")
"""Workloads of a cluster: all hosts that compute do them at once. The sums between hosts first: what is slow there is slow in a training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRequest:
    """One validation job to run on every host."""

    workload: str
    """`smoke`, `fashion_mnist` …: the name of a workload."""
    device: str
    """`auto`, `cpu` or `gpu`. `auto` means gpu where a card is on the PCI bus."""
    backend: str
    memory_limit_mib: int | None
    epochs: int
    batch_size: int
    min_accuracy: float
    """`epochs`, `batch_size` and this are those of `fashion_mnist`; what other workloads are asked is in `options`."""
    timeout_s: int = 900
    """Seconds after which the host ends the job."""
    options: tuple[tuple[str, str | int | float], ...] = ()
    """What the workload is asked on top, by the name of its argument: `seconds` 60 …"""


class Confidence(StrEnum):
    """How far a fact of the catalog is to be trusted. What rests on a LOW one is unsure."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One statement that a decision rests on, and who says so."""

    statement: str
    """One sentence without a full stop, for example `Tesla K80 has compute capability 3.7`."""
    source: str
    confidence: Confidence


class Flavour(StrEnum):
    """Which kernel modules a driver brings."""

    OPEN = "open"
    PROPRIETARY = "proprietary"


class PackageSource(StrEnum):
    """Where the driver's and CUDA's packages come from."""

    DISTRO = "distro"
    NVIDIA_REPO = "nvidia_repo"
    IMAGE = "image"
    """Of the driver alone: it was in the image that the host started from, and nothing is installed."""


class Builder(StrEnum):
    """What makes the Python environments on a host."""

    CONDA = "conda"
    VENV = "venv"


class Framework(StrEnum):
    """What computes below Keras. The value is its name for pip, and Keras' name for the backend."""

    TENSORFLOW = "tensorflow"
    JAX = "jax"
    TORCH = "torch"

    @property
    def label(self) -> str:
        """As its makers write it: `PyTorch`."""
        return {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user insists on. An empty string leaves it to the resolver."""

    framework: Framework = Framework.TENSORFLOW
    release: str = ""
    """Of the framework: `2.15` (the newest of that minor) or `2.15.1`."""
    cuda: str = ""
    """`12.4`: the CUDA that programs on the host are to be compiled with or run on."""
    python: str = ""
    """`3.11`."""
    driver: str = ""
    """`580`: a branch."""
    flavour: str = ""
    """`open` or `proprietary`: the driver's kernel modules."""
    source: str = ""
    """`distro` or `nvidia_repo`: whose packages the driver is to be of."""
    gpu_memory_mib: int = 0
    """Memory that a job needs on one card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What the stack is for."""

    gpus: tuple[str, ...]
    """The catalog's names, one for each card; empty for a host that has none."""
    distribution: str
    """`debian-12` …"""
    architecture: str
    """`x86_64` or `aarch64`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """The NVIDIA driver to install."""

    branch: str
    flavour: Flavour
    source: PackageSource
    packages: tuple[str, ...]
    version: str
    """The newest of the branch that the source is known to have; empty when unknown."""
    fabric_manager: bool
    """True where there is NVSwitch: without it no CUDA program starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolkit:
    """CUDA for the whole host, beside what the framework's wheels bring."""

    cuda: str
    """`12.4`."""
    cudnn: str
    """`8.9.7.29`; empty when none is needed."""
    source: PackageSource
    packages: tuple[str, ...]
    reason: str
    """Why it is there at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What is installed on a host, from the kernel module to the last wheel, and why."""

    hardware: Hardware
    driver: Driver | None
    """None where there is no card."""
    cuda: str
    """The CUDA that the framework runs on; empty on the CPU."""
    cudnn: str
    """As `cuda`; an exact version or a range such as `>=9.3,<9.11`."""
    toolkit: Toolkit | None
    framework: Framework
    release: str
    """Of the framework, exact: `2.14.1`."""
    python: str
    """`3.11`."""
    builder: Builder
    requirements: tuple[str, ...]
    """For pip, the framework as the environment that uses the GPU has it, where there is one."""
    constraints: tuple[str, ...]
    """For pip: caps on what the requirements leave open."""
    linked_libraries: tuple[str, ...] = ()
    """Libraries that TensorFlow's wheel does not look for where pip puts them: role ml_env links them."""
    facts: tuple[Fact, ...]
    """The chain, in the order in which it was decided."""
    notes: tuple[str, ...] = ()
    """What is to be known beforehand: a long first start, which card limits the others, a compiler that does not go."""

    @property
    def title(self) -> str:
        """`PyTorch 2.9.1`."""
        return f"{self.framework.label} {self.release}"

    @property
    def unsure(self) -> bool:
        """True when it rests on something that is only said to be so."""
        return any(fact.confidence is Confidence.LOW for fact in self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Something near to what was refused that works."""

    change: str
    """What to change, in words: `TensorFlow 2.14.1 with driver 470`."""
    options: tuple[str, ...]
    """What to add to or change on the command line: `--tensorflow`, `2.14`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why no stack exists."""

    hardware: Hardware
    wishes: Wishes
    contradiction: tuple[Fact, Fact]
    """The two facts that cannot both be satisfied."""
    facts: tuple[Fact, ...]
    """What was decided before that."""
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One NVIDIA display device as the host shows it."""

    address: str
    """On the PCI bus: `0000:00:1e.0`."""
    device_id: str
    """`1eb8`, after vendor 10de."""
    name: str
    """The driver's name for it; empty while no driver is loaded."""
    memory_mib: int | None
    driver_in_use: str
    """The kernel driver that holds it: `nvidia`, `nouveau`, `vfio-pci`, or empty."""
    pcie_width: int | None
    pcie_width_max: int | None
    power_limit_w: float | None
    power_default_w: float | None
    mig_instances: int | None = None
    """MIG instances that the card is split into; None where it is not in MIG mode, or no driver says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuHolder:
    """A process that has the GPU open."""

    pid: int
    user: str
    command: str
    """The program's name, without its arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What a host says of itself before anything is changed on it. None: it could not be read."""

    host: str
    distribution: str
    architecture: str
    python: str
    container: str
    """`docker`, `podman`, `lxc` …; empty on a machine with a kernel of its own."""
    kernel: str
    """The one that runs."""
    kernel_next: str
    """The one that will boot; empty when there is none to be seen."""
    headers: bool | None
    """Of `kernel_next`: they are installed or the distribution has them. None before the first `apt-get update`."""
    secure_boot: bool | None
    dkms_key_enrolled: bool | None = None
    """The firmware trusts the key that DKMS signs modules with on this host; None while there is no such key."""
    cards: tuple[Card, ...]
    nvswitches: int
    driver_loaded: str
    """Version of the kernel module that is loaded, for example `535.261.03`; empty for none."""
    driver_installed: str
    """Version of the module that the disk has for `kernel_next`; empty for none."""
    driver_origin: str
    """`package`, `runfile` (an installer that no package manager knows), or empty."""
    gpu_holders: tuple[GpuHolder, ...]
    memory_mib: int
    disk_free_mib: dict[str, int]
    """By mount point, of every local disk that can be written to: `/`, and `/boot`, `/opt` … where they are disks of their
    own."""
    present: tuple[str, ...] = ()
    """Paths of what may be installed that are there already: environments, CUDA, conda."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Something on a host that stands in the way, found before the first change."""

    host: str
    blocks: bool
    """False: it goes on, and says so."""
    seen: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What the hosts said of themselves before the first change, and what was found to stand in the way."""

    facts: tuple[HostFacts, ...]
    obstacles: tuple[Obstacle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderChoice:
    """What makes the environments of a fleet; decided once, and kept until `down`."""

    builder: Builder
    reason: str
    """Why, to be read behind a colon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elastic:
    """Hosts of a cluster that run while jobs need them."""

    idle_minutes: float
    max_hosts: int
    """How many that compute may run at once; 0 for all."""
    region: str
    endpoint_url: str
    """Of EC2 as hosts reach it, where it is not AWS's own."""
    private_metadata: bool = True
    """Whether the controller keeps its credentials from users' jobs: those of a role that was made to start and stop hosts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A fleet whose hosts are under Slurm: who does what, by the names of hosts."""

    controller: str
    compute: tuple[str, ...]
    """Those that run jobs; the controller may be one of them."""
    shared_folder: str
    """Absolute path of the folder that all hosts see."""
    by_volume: bool = False
    """The provider gives it to each host; else it is there already, or role `nfs` shares the controller's."""
    workloads: tuple[WorkloadRequest, ...] = ()
    """What all hosts that compute do at once, through Slurm, after each has proved itself."""
    elastic: Elastic | None = None
    """None where hosts run until a command or a limit ends them."""

    @property
    def volume(self) -> str:
        """Where the provider mounts the fleet's volume; empty for nowhere."""
        return self.shared_folder if self.by_volume else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `up` will do, decided before anything is made or spent."""

    fleet: str
    cloud: str
    token: str
    hosts: tuple[HostRequest, ...]
    user: str
    offers: tuple[Offer, ...]
    roles: tuple[str, ...]
    role_vars: dict[str, object]
    workloads: tuple[WorkloadRequest, ...]
    price_usd_per_hour: float
    stacks: dict[str, Stack] = field(default_factory=dict)
    """By host. Empty where no role is planned that a stack decides for."""
    rented_stacks: dict[str, Stack] = field(default_factory=dict)
    """By `<instance type>/<distribution>`, for every type that may be launched; `stacks` is that of the first. Empty for
    hosts that are not rented."""
    builder: BuilderChoice | None = None
    """None as `stacks`."""
    notes: tuple[str, ...] = ()
    """What was left out or chosen, and why; one line each."""
    limits: Limits = field(default_factory=Limits)
    most_usd: float = 0.0
    """The most that hosts, disks and addresses can cost before a limit ends them; 0.0 when free or without limit."""
    extras: tuple[Extra, ...] = ()
    """What each rented host costs beside its own price, where that is dearest."""
    makes: tuple[str, ...] = ()
    """Every resource that will be made, one line each; what exists already is not in it."""
    regions: tuple[str, ...] = ()
    """Where the provider may have made something; empty where there is only one place."""
    web_names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By host, the DNS names under which its services are reached; a host that is not in it has none."""
    rehearsed: bool = False
    """True when the cloud is played on this computer."""
    valid_days: int = 30
    """So long after its oldest job a PASS says nothing any more."""
    cluster: Cluster | None = None
    """None where each host is on its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRecap:
    """Ansible's counts for one host."""

    host: str
    ok: int
    changed: int
    failed: int
    unreachable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTime:
    """Wall-clock seconds that one role's tasks took, all hosts together."""

    role: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvergeResult:
    """One finished run of the playbooks."""

    run_id: str
    finished_at: datetime
    recaps: tuple[HostRecap, ...]
    role_times: tuple[RoleTime, ...]
    unchanged: tuple[str, ...] = ()
    """Hosts that the roles were not applied to again, because nothing differed from what their last full run left."""

    @property
    def changed(self) -> int:
        """Changed tasks over all hosts."""
        return sum(recap.changed for recap in self.recaps)


class Outcome(StrEnum):
    """How one check ended. Only PASSED is good news: a skipped check turns nothing green."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"


class Verdict(StrEnum):
    """What a certificate says. UNSURE is not a pass."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNSURE = "UNSURE"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One statement about one host, tried."""

    host: str
    workload: str
    """The workload that made the check, `host` for checks of the host itself, `fleet` for those of all together."""
    name: str
    """Stable snake_case key, for example `test_accuracy`."""
    outcome: Outcome
    seen: str
    expected: str
    reason: str
    """Why it did not pass; empty when it passed."""
    action: str = ""
    """What to do about it; empty when it passed, and in a job's own word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device as the training framework listed it."""

    name: str
    kind: str
    """`CPU` or `GPU`."""
    memory_mib: int | None
    description: str
    uuid: str = ""
    """`GPU-…` of a card, `MIG-…` of a slice; empty when unknown, and of a CPU."""
    address: str = ""
    """On the PCI bus, `0000:00:1e.0`; empty as `uuid`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochPoint:
    """One epoch of a training curve."""

    epoch: int
    """From 1."""
    loss: float
    accuracy: float
    seconds: float
    images_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """What a job says of itself and when its host says it ran. Nobody but the host vouches for it."""

    attempt: str
    """The id that it was given, from its result."""
    status: str
    """`passed`, `failed` or `error`."""
    arguments: dict[str, str | int | float | None]
    """What it was asked, as it understood it: `workload`, `device`, `backend`, `epochs` …"""
    started_at: datetime
    """By the host's clock, which may be wrong."""
    finished_at: datetime
    duration_s: float
    """By a clock that nobody sets."""
    boot_id: str
    """The kernel's name for the start of the machine that it ran in; empty when unknown."""
    started_uptime_s: float
    """Seconds since that start."""
    finished_uptime_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HostClock:
    """A host's clocks when a result was read, and when the job's unit ended: the record of systemd, not of the job."""

    boot_id: str
    """The kernel's name for this start of the machine."""
    uptime_s: float
    """Seconds since that start."""
    utc: datetime
    """The host's wall clock, which may be wrong."""
    ended_boot_id: str
    """In which start of the machine the job ended; empty when it did not."""
    ended_uptime_s: float

    @property
    def age_s(self) -> float | None:
        """Seconds since the job ended; None when that was before the machine was started last, or is unknown."""
        same_start = bool(self.ended_boot_id) and self.ended_boot_id == self.boot_id
        return self.uptime_s - self.ended_uptime_s if same_start else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCounts:
    """How many NVIDIA cards each layer of a host has, as the job counted them. None: that layer could not be asked."""

    pci_bus: int
    """Display devices on the bus, without those that are handed to virtual machines."""
    device_nodes: int
    """/dev/nvidia0 …: what a container was given."""
    nvml: int | None
    cuda: int | None
    listed: int
    """GPUs of the framework."""
    mig: int
    """Cards in MIG mode: of all their slices CUDA shows one process a single one."""
    hidden_by: str
    """The setting that hides cards from the job, `CUDA_VISIBLE_DEVICES=0`; empty for none."""
    expected: int = 0
    """How many the job says have to be listed: the most of the layers below; one where cards are in MIG mode."""
    allocated: int = 0
    """How many the job asked for and took, or Slurm gave it; 0: it takes all that there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A file of the data set as the job read it."""

    name: str
    split: str
    """`training` or `test`."""
    records: int
    sha256: str
    """Of the very bytes that were trained on, unpacked."""
    expected_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswer:
    """Sums with known answers on one device. Errors are the largest of all elements, as a share of what is allowed."""

    device: str
    places: tuple[str, ...]
    """The devices that really hold the answers."""
    matmul_error: float | None
    """None, here and below: it was not a finite number."""
    forward_error: float | None
    gradient_error: float | None
    still: tuple[str, ...]
    """Layers whose gradient is zero or whose weights did not change."""
    first_loss: float | None
    last_loss: float | None
    loss_error: float | None
    """Over all steps, against NumPy's."""
    training_accuracy: float | None
    test_accuracy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting of the user or the host that differs from what a job trains with."""

    name: str
    found: str
    used: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProcess:
    """Somebody else's process on a card."""

    pid: int
    kind: str
    """`compute` or `graphics`."""
    memory_mib: int | None
    user: str = ""
    """Whose it is; empty where it is not to be seen, as from within a container."""
    program: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReading:
    """One card as NVML has it, at one time."""

    index: int
    uuid: str
    address: str
    name: str
    facts: dict[str, int | float | str]
    """`ecc_uncorrected_volatile`, `pcie_width`, `temperature_c` …; `not supported` is not zero."""
    processes: tuple[GpuProcess, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReadings:
    """All cards as NVML has them, at one time."""

    driver: str
    error: str
    """Why nothing could be read; empty when it could."""
    gpus: tuple[GpuReading, ...]
    xids: tuple[str, ...]
    """Faults that the driver reported, oldest first."""
    xids_from: str
    """Where they come from; empty where they cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a job brought besides its checks, so that it can be judged again."""

    cards: CardCounts | None
    data: tuple[DataFile, ...]
    known_answers: tuple[KnownAnswer, ...]
    settings: tuple[Setting, ...]
    gpus_before: GpuReadings | None
    gpus_after: GpuReadings | None
    notes: tuple[str, ...]


TELEMETRY, TELEMETRY_SUMMARY = "telemetry", "telemetry_summary"
"""Names of the tables of a run in which stands what the cards did meanwhile: over time, and as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A file that a job made: a picture, a model, a log of TensorBoard."""

    name: str
    """Its path below the job's output folder."""
    about: str
    """What it shows, in a few words."""
    media_type: str
    """`image/png`."""
    bytes: int
    sha256: str


NOT_STARTED = "not started: "
"""How `WorkloadRun.ended` begins where a queue did not start the job; why follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRun:
    """One validation job on one host: what was asked, what came back."""

    host: str
    request: WorkloadRequest
    gpu_expected: bool
    """True when an NVIDIA card was seen on the host's PCI bus, or a GPU was asked for."""
    started_at: datetime
    seconds: float
    exit_code: int | None
    """The job's exit code; None when it never ended or was never seen to."""
    device_used: str
    """`CPU`, `GPU`, or empty when unknown."""
    devices: tuple[Device, ...]
    versions: dict[str, str]
    """`python`, `tensorflow`, `keras`, `numpy`, `backend` … as the job itself saw them."""
    checks: tuple[CheckResult, ...]
    metrics: dict[str, float]
    """`test_accuracy` (0..1), `images_per_s`, `first_loss`, `last_loss` …"""
    curve: tuple[EpochPoint, ...]
    tables: dict[str, tuple[dict[str, str | int | float | None], ...]] = field(default_factory=dict)
    """What was measured of several configurations or over time, by name: `telemetry`, `products` …; None: not measured."""
    files: tuple[OutputFile, ...] = ()
    """What it made and was brought here."""
    job: JobRecord | None = None
    """None: no result could be read, or it is of a version that kept none."""
    evidence: Evidence | None = None
    """None as `job`."""
    attempt: str = ""
    """The id that this job was given; its result has to carry it."""
    ended: str = ""
    """How systemd, or Slurm in its words, saw it end: `success 0`, `timeout TERM`, `oom-kill KILL`; empty when it was not seen to."""
    clock: HostClock | None = None
    """None when the host did not say."""
    cards_seen: int | None = None
    """NVIDIA cards that the host had, by its own bus or device nodes, when the job was asked for. None: not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """Somebody took a certificate back, for a reason that no check knew."""

    at: datetime
    reason: str
    host: str
    """The host it is about; empty for the whole fleet."""
    was: str
    """The certificate's first line before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The verdict over a fleet. PASS only if every expected check of every expected job passed."""

    fleet: str
    verdict: Verdict
    headline: str
    """The first line: verdict, `(CPU-only)` where no GPU computed, hosts."""
    cpu_only: bool
    issued_at: datetime
    reasons: tuple[str, ...]
    """Why the verdict is not PASS, one line each; for PASS, what it rests on."""
    checks: tuple[CheckResult, ...]
    actions: tuple[str, ...] = ()
    """What to do about the reasons, in their order, each once; empty for PASS."""
    notes: tuple[str, ...] = ()
    """What a person should know and no check fails for: conditions that the hosts were in."""
    valid_until: datetime | None = None
    """From then on it says nothing any more. None: it proves nothing anyway, or is of a version that set no end."""
    revoked: Revocation | None = None
    """None: it was not taken back. What was is a FAIL, whatever its checks say."""


class StandingState(StrEnum):
    """What a host says of its certificate. Only HOLDS is good news."""

    HOLDS = "holds"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStanding:
    """What a host itself found of its certificate since that was issued."""

    host: str
    state: StandingState
    reasons: tuple[str, ...] = ()
    """Why it does not hold, one line each."""
    actions: tuple[str, ...] = ()
    """What to do about them, each once."""
    looked_at: datetime | None = None
    """None, here and below: never, or it does not say."""
    proved_at: datetime | None = None
    """When the quick workload computed rightly there last."""
    note: str = ""
    """Why it was put off; empty where it was not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseTime:
    """Wall-clock seconds one stage of `up` took."""

    phase: str
    seconds: float
