"""A provider against the fake EC2, with a record of what it said and intended."""

from collections import Counter
from dataclasses import dataclass, field, replace

from orchestrator.models import HostIdentity, HostRequest, LaunchRequest, Limits
from orchestrator.providers.aws.launch.run_instances import Timeouts
from orchestrator.providers.aws.provider import AwsProvider
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud
from orchestrator.rehearsal.account.instance_states import TrackedInstance

OPERATOR = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8gbTFVuVFk0kQ2hSOzZYPmR4YlYpV1cW7cD8J2yPkq"
SHORT = Timeouts(again_s=3.0, visible_s=3.0, halt_s=5.0, step_s=0.05)
TYPE = "g4dn.xlarge"


@dataclass(slots=True, kw_only=True)
class Rig:
    """Opens providers on one account."""

    cloud: Cloud
    owner: str = "me"
    said: list[str] = field(default_factory=list)
    intended: list[tuple[str, str]] = field(default_factory=list)

    def provider(self, settings: AwsSettings | None = None, timeouts: Timeouts = SHORT) -> AwsProvider:
        """As a new process would open it."""
        here = replace(settings or AwsSettings(), endpoint_url=self.cloud.url)
        return AwsProvider(here, self.said.append, self.owner, timeouts)

    def intend(self, kind: str, name: str) -> None:
        """What the journal does."""
        self.intended.append((kind, name))

    @property
    def tried(self) -> list[str]:
        """The places that were tried, in their order."""
        return [name for kind, name in self.intended if kind == "instance"]

    @property
    def last(self) -> str:
        """What a next process is told."""
        return self.tried[-1] if self.tried else ""

    def alive(self) -> list[TrackedInstance]:
        """Instances that are there, whatever EC2 shows of them."""
        return [
            tracked
            for tracked in self.cloud.instances()
            if tracked.instance.state not in {"shutting-down", "terminated"}
        ]

    def calls(self) -> Counter[str]:
        """How often each action was called."""
        return Counter(call.action for call in self.cloud.calls())


def request(count: int = 1, *, process: str = "a", limits: Limits | None = None) -> LaunchRequest:
    """A fleet of hosts that share a first key. Each process makes its own."""
    identity = HostIdentity(public_key=f"ssh-ed25519 AAAA{process}", private_key=f"private {process}")
    hosts = tuple(HostRequest(name=f"t-{number}", distribution="debian-12") for number in range(1, count + 1))
    return LaunchRequest(
        fleet="t",
        token="t-token",
        hosts=hosts,
        user="admin",
        authorized_key=OPERATOR,
        identities={host.name: identity for host in hosts},
        limits=limits or Limits(),
    )
