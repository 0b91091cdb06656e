"""Orders for tests."""

from datetime import UTC, datetime

from orchestrator.models import HostIdentity, HostRequest, LaunchRequest, Limits, Market
from orchestrator.providers.aws.launch.batches import Batch
from orchestrator.providers.aws.launch.request import LaunchNetwork, LaunchOrder
from orchestrator.providers.aws.market.images import Image
from orchestrator.providers.aws.placement import Placement
from orchestrator.providers.settings import AwsSettings

IDENTITY = HostIdentity(public_key="ssh-ed25519 AAAA", private_key="the\nprivate\nhalf\n")
REQUEST = LaunchRequest(
    fleet="t",
    token="t-token",
    hosts=tuple(HostRequest(name=f"t-{number}", distribution="debian-12") for number in (1, 2)),
    user="admin",
    authorized_key="ssh-ed25519 OPER",
    identities={},
    limits=Limits(max_hours=8.0),
    owner="me",
)
IMAGE = Image(id="ami-1", root_device="/dev/xvda", size_gib=8, architecture="x86_64", name="debian")


def order(
    settings: AwsSettings | None = None,
    *,
    request: LaunchRequest = REQUEST,
    market: Market = Market.ON_DEMAND,
    subnet_id: str = "",
) -> LaunchOrder:
    """Two hosts in us-east-1a."""
    return LaunchOrder(
        request=request,
        batch=Batch(names=("t-1", "t-2"), distribution="debian-12", identity=IDENTITY),
        placement=Placement(
            region="us-east-1", zone="us-east-1a", instance_type="g4dn.xlarge", market=market
        ),
        usd_per_hour=0.526,
        image=IMAGE,
        network=LaunchNetwork(group_id="sg-1", key_name="orchestrate-me-t", subnet_id=subnet_id),
        settings=settings or AwsSettings(),
        at=datetime(2026, 11, 20, 12, 0, 0, 5, tzinfo=UTC),
    )
