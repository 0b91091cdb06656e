"""A host that only pretends to run units, and a scheduler on it."""

from dataclasses import dataclass, field

from gpuhost.leases.daemon.jobs import Book, Job
from gpuhost.leases.daemon.scheduler import Scheduler
from gpuhost.leases.devices.leasable import Found
from gpuhost.leases.policy.values import Limits
from tests.unit.gpuhost.leases.samples import device

LIMITS = Limits(idle_warn_minutes=10, idle_free_minutes=20)


@dataclass
class PretendedHost:
    """A host whose units are names."""

    units: set[str] = field(default_factory=set)
    ends: dict[int, tuple[str, int | None]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    saved: Book = field(default_factory=Book)
    broken: bool = False

    def begin(self, job: Job, devices: tuple[Found, ...], now: float) -> None:
        if self.broken:
            raise OSError("no systemd")
        self.units.add(job.unit)
        self.done.append(f"begin {job.id} on {','.join(each.device.id for each in devices)}")

    def running(self) -> frozenset[str]:
        return frozenset(self.units)

    def signal(self, job: Job) -> None:
        self.done.append(f"signal {job.id}")

    def stop(self, job: Job) -> None:
        self.done.append(f"stop {job.id}")

    def end(self, job: Job) -> tuple[str, int | None] | None:
        return self.ends.get(job.id)

    def clear(self, job: Job) -> None:
        self.done.append(f"clear {job.id}")

    def tell(self, job: Job, text: str) -> None:
        self.done.append(text)

    def save(self, book: Book) -> None:
        self.saved = book


def found(number: int, percent: int | None = 90) -> Found:
    return Found(device=device(number), nodes=(), utilization_percent=percent, visible=f"GPU-{number}")


def scheduler(host: PretendedHost, cards: int = 1, *, book: Book = Book(), boot: str = "b1") -> Scheduler:  # noqa: B008 - a value
    made = Scheduler(host, book, LIMITS, boot)
    made.see(tuple(found(number) for number in range(cards)), LIMITS)
    return made


def states(made: Scheduler) -> dict[int, str]:
    return {each.id: each.state for each in made.book.jobs}


def result_of(made: Scheduler, number: int) -> str:
    return next(each.result for each in made.book.jobs if each.id == number)
