"""A fleet on the fake EC2 whose ledger is kept, in an account whose time passes only when a test says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.journal import Journal
from orchestrator.models import AtEnd, Bill, LaunchRequest, Limits, Plan, Receipt
from orchestrator.pipeline.costs import bill_from_provider, receipt, record_statuses
from orchestrator.providers.aws.provider import AwsProvider
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud
from orchestrator.rehearsal.cloud import AccountSettings
from tests.unit.providers.aws.rig import Rig, request

PRICE = 0.526
"""Of a g4dn.xlarge on demand."""
DISK = 100 * 0.08 / 720
ADDRESS = 0.005
HOUR = 3600.0


@dataclass(slots=True, kw_only=True)
class Fleet:
    """What a command has of a fleet."""

    cloud: Cloud
    root: Path
    settings: AwsSettings
    token: str = "t-token"

    @property
    def provider(self) -> AwsProvider:
        """As a new process would open it."""
        return Rig(cloud=self.cloud).provider(self.settings)

    @property
    def journal(self) -> Journal:
        """The fleet's memory."""
        return Journal("t", self.root)

    def begin(self, hosts: int = 1, limits: Limits | None = None) -> LaunchRequest:
        """What `up` does before it launches: the plan is on record."""
        asked = replace(request(hosts, limits=limits or Limits()), token=self.token)
        self.journal.save("plan", planned(asked))
        self.journal.record("begin", {"command": "orchestrate up"})
        return asked

    def up(self, hosts: int = 1, limits: Limits | None = None) -> None:
        """Launch and write down."""
        asked = self.begin(hosts, limits)
        self.provider.launch(asked, lambda _kind, _name: None)
        self.look()

    def look(self) -> Bill:
        """What `status` does."""
        return bill_from_provider(self.provider, self.journal)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.cloud.clock.advance(seconds)

    def move(self, action: ReleaseAction) -> None:
        """What `stop` and `start` do."""
        record_statuses(self.provider, self.journal)
        self.provider.release("t", action)
        record_statuses(self.provider, self.journal)

    def down(self) -> Receipt:
        """What `down` does."""
        record_statuses(self.provider, self.journal)
        lines = self.provider.release("t", ReleaseAction.TERMINATE)
        made = receipt("t", lines, bill_from_provider(self.provider, self.journal))
        self.journal.end()
        return made

    def power_off(self, host: int = 0) -> None:
        """A host shuts itself down."""
        tracked = self.cloud.instances()[host]
        with self.cloud.lock:
            self.cloud.states.shut_down_from_inside(tracked)


@contextmanager
def fleet(root: Path, settings: AwsSettings | None = None) -> Iterator[Fleet]:
    """A fleet in a fresh account."""
    with Cloud(settings=AccountSettings(settle_s=0, clock=lambda: 0.0)) as cloud:
        yield Fleet(cloud=cloud, root=root, settings=settings or AwsSettings())


def planned(asked: LaunchRequest) -> Plan:
    """The plan of a request."""
    return Plan(
        fleet=asked.fleet,
        cloud="aws",
        token=asked.token,
        hosts=asked.hosts,
        user=asked.user,
        offers=(),
        roles=(),
        role_vars={},
        workloads=(),
        price_usd_per_hour=PRICE,
        limits=asked.limits,
        regions=("us-east-1",),
    )


STOPS = Limits(max_hours=24, at_end=AtEnd.STOP)
