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
    """`debian-12` or `debian-13`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostIdentity:
    """An SSH host key pair made for one host before it is born."""

    public_key: str
    """`ssh-ed25519 AAAA…`, without a comment."""
    private_key: str = field(repr=False)
    """OpenSSH PEM. Never written to the run folder."""


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
    """Host keys by host name. Used only for hosts that do not exist yet."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Anything a fleet owns at a provider: a container, a network, an image, a volume."""

    kind: str
    id: str
    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """What became of one resource."""

    resource: Resource
    gone: bool
    proof: str
    """What was asked after the removal and what was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What `down` prints: each resource, and the proof that it is gone."""

    fleet: str
    issued_at: datetime
    lines: tuple[ReceiptLine, ...]

    @property
    def all_gone(self) -> bool:
        """True when no resource is left, so also when there was none."""
        return all(line.gone for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRequest:
    """One validation job to run on every host."""

    workload: str
    """`smoke` or `fashion_mnist`."""
    device: str
    """`auto`, `cpu` or `gpu`. `auto` means gpu where a card is on the PCI bus."""
    backend: str
    memory_limit_mib: int | None
    epochs: int
    batch_size: int
    min_accuracy: float
    timeout_s: int = 900
    """Seconds after which the host ends the job."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device as the training framework listed it."""

    name: str
    kind: str
    """`CPU` or `GPU`."""
    memory_mib: int | None
    description: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseTime:
    """Wall-clock seconds one stage of `up` took."""

    phase: str
    seconds: float
