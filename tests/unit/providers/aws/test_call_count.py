"""How many calls a launch takes, as `up` makes it: plan, look, launch, look again until SSH answers."""

from dataclasses import replace

import pytest

from orchestrator.models import HostState, Market
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud
from tests.unit.providers.aws.rig import Rig, request

pytestmark = pytest.mark.served

COUNTED = ("ec2", "sts", "ssm")
CREATING = {"CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "ImportKeyPair", "RunInstances"}
ENOUGH = {"Running On-Demand G and VT instances": 4000.0, "All G and VT Spot Instance Requests": 4000.0}


def up(rig: Rig, settings: AwsSettings, count: int) -> None:
    """The calls that the stages make of a provider."""
    provider, asked = rig.provider(settings), request(count)
    asked = replace(asked, offers=provider.offers(asked))
    provider.makes(asked)
    provider.find("t")
    provider.launch(asked, rig.intend)
    assert {host.state for host in provider.find("t")} == {HostState.RUNNING}


def counted(cloud: Cloud) -> list[str]:
    return [call.action for call in cloud.calls() if call.service in COUNTED]


@pytest.mark.parametrize(("market", "most"), [(Market.ON_DEMAND, 11), (Market.SPOT, 12)])
@pytest.mark.parametrize("hosts", [1, 200])
def test_from_plan_to_ssh_it_takes_few_calls_whatever_the_number_of_hosts(
    market: Market, most: int, hosts: int
) -> None:
    with Cloud(settle_s=0, quotas=ENOUGH) as cloud:
        up(Rig(cloud=cloud), AwsSettings(market=market), hosts)
        assert len(counted(cloud)) <= most
        assert counted(cloud).count("RunInstances") == 1


def test_a_fleet_that_runs_takes_no_call_that_creates_anything(rig: Rig, cloud: Cloud) -> None:
    up(rig, AwsSettings(), 2)
    cloud.clear_calls()
    up(rig, AwsSettings(), 2)
    assert CREATING.isdisjoint(counted(cloud))
