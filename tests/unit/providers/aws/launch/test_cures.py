"""What another zone, region or quota cures ends no launch; what nothing cures says what to type."""

from dataclasses import replace

import pytest

from orchestrator.errors import CapacityError, InputRefusedError, NotAuthorizedError
from orchestrator.models import Market
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud, Fault
from tests.unit.providers.aws.rig import Rig, request
from tests.unit.providers.aws.test_failover import FULL, LIKELY, TWO_ZONES, agreed, key

pytestmark = pytest.mark.served

REFUSED_IN_ONE_ZONE = (
    "MissingInput",
    "VolumeTypeNotAvailableInZone",
    "InsufficientVolumeCapacity",
    "SpotMaxPriceTooLow",
)
REFUSED_IN_ONE_REGION = (
    "VcpuLimitExceeded",
    "MaxSpotInstanceCountExceeded",
    "VolumeLimitExceeded",
    "UnauthorizedOperation",
    "OptInRequired",
    "VPCIdNotSpecified",
)
TWO_REGIONS = AwsSettings(
    regions=("us-east-1", "us-west-2"), zones=("us-east-1a", "us-east-1b", "us-west-2b")
)


@pytest.mark.parametrize("code", REFUSED_IN_ONE_ZONE)
def test_what_another_zone_cures_ends_nothing(rig: Rig, cloud: Cloud, code: str) -> None:
    cloud.inject(
        Fault(action="RunInstances", code=code, when=(("Placement.AvailabilityZone", "us-east-1a"),))
    )
    (host,) = rig.provider(TWO_ZONES).launch(request(), rig.intend)
    assert host.place == "us-east-1b"


@pytest.mark.parametrize("code", REFUSED_IN_ONE_REGION)
def test_what_another_region_cures_is_tried_once_in_its_region(rig: Rig, cloud: Cloud, code: str) -> None:
    cloud.inject(Fault(action="RunInstances", code=code, when=(("Placement.AvailabilityZone", "us-east-1"),)))
    (host,) = rig.provider(TWO_REGIONS).launch(request(), rig.intend)
    assert host.place == "us-west-2b"
    assert rig.tried == [key("us-east-1a"), key("us-west-2b")]


def test_a_quota_of_a_region_for_groups_leads_to_the_next_region(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(Fault(action="CreateSecurityGroup", code="SecurityGroupLimitExceeded", times=1))
    (host,) = rig.provider(TWO_REGIONS).launch(request(), rig.intend)
    assert host.place == "us-west-2b"


def test_when_regions_refuse_for_different_reasons_each_is_told_with_what_cures_it(
    rig: Rig, cloud: Cloud
) -> None:
    east, west = (
        (("Placement.AvailabilityZone", "us-east-1"),),
        (("Placement.AvailabilityZone", "us-west-2"),),
    )
    cloud.inject(Fault(action="RunInstances", code="VcpuLimitExceeded", when=east), replace(FULL, when=west))
    with pytest.raises(
        CapacityError, match=r"us-east-1b: AWS refused .* the quota on vCPUs is reached"
    ) as caught:
        rig.provider(TWO_REGIONS).launch(request(), rig.intend)
    assert "--quota-code L-DB2E81BA" in caught.value.hint
    assert "`zones:`" in caught.value.hint


def test_spot_without_its_role_says_what_makes_it(rig: Rig, cloud: Cloud) -> None:
    cloud.inject(
        Fault(action="RunInstances", code="AuthFailure.ServiceLinkedRoleCreationNotPermitted", status=403)
    )
    with pytest.raises(NotAuthorizedError) as caught:
        rig.provider(replace(TWO_ZONES, market=Market.SPOT)).launch(request(), rig.intend)
    assert caught.value.hint.startswith(
        "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com"
    )
    assert len(rig.tried) == 1


def test_a_key_that_may_not_be_used_for_the_disk_is_named_with_its_grants_and_not_tried_again(
    rig: Rig, cloud: Cloud
) -> None:
    cloud.inject(replace(LIKELY, code="Client.InternalError"))
    provider = rig.provider(TWO_ZONES)
    asked = agreed(provider, request())
    provider.launch(asked, rig.intend)
    with pytest.raises(
        InputRefusedError, match=r"Client\.InternalError\); the key that encrypts the disk"
    ) as caught:
        provider.launch(asked, rig.intend)
    assert "aws kms list-grants --key-id" in caught.value.hint
    assert "kms:CreateGrant" in caught.value.hint
    assert len(rig.tried) == 1
