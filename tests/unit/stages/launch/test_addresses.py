"""A host that runs without an address is said soon, and one in a subnet that gives none by itself has one all the same."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.errors import UnreachableError
from orchestrator.journal import Journal
from orchestrator.progress import Silent
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import PROFILES, Cloud
from orchestrator.stages.launch.keys import Pins
from orchestrator.stages.launch.poller import HostPoller
from orchestrator.stages.launch.readiness import WaitContext, wait_until_ready
from tests.unit.providers.aws.rig import Rig, request

pytestmark = pytest.mark.served


def test_a_host_that_runs_without_an_address_is_said_and_not_waited_for(tmp_path: Path) -> None:
    with Cloud(settle_s=0) as cloud:
        cloud.inject(*PROFILES["no-address"])
        rig = Rig(cloud=cloud)
        provider = rig.provider()
        (host,) = provider.launch(request(), rig.intend)
        context = WaitContext(
            provider=provider,
            key=tmp_path / "key",
            poller=HostPoller(provider, "t"),
            pins=Pins(Journal("t", tmp_path)),
            progress=Silent(),
            address_s=0.6,
        )
        with pytest.raises(UnreachableError, match=r"running for 0\.6 s without an address") as said:
            wait_until_ready(host, context)
        assert "elastic_ip: true" in said.value.hint
        assert "orchestrate down --name t" in said.value.hint


def test_default_subnets_that_give_no_addresses_by_themselves_do_no_harm() -> None:
    with Cloud(settle_s=0) as cloud:
        cloud.inject(*PROFILES["no-public-addresses"])
        ec2 = Aws(cloud.admin_url).ec2("us-east-1")
        assert not any(each.get("MapPublicIpOnLaunch") for each in ec2.describe_subnets()["Subnets"])
        rig = Rig(cloud=cloud)
        rig.provider().launch(request(), rig.intend)
        (host,) = rig.provider().find("t")
        assert host.address


def test_a_silent_host_behind_no_route_from_the_internet_is_explained_by_that() -> None:
    with Cloud(settle_s=0) as cloud:
        rig = Rig(cloud=cloud)
        (host,) = rig.provider().launch(request(), rig.intend)
        assert "internet gateway" not in rig.provider().explain(host)
        cloud.inject(*PROFILES["no-route"])
        assert "has no route to an internet gateway" in rig.provider().explain(host)
        private = replace(AwsSettings(), private=True)
        assert "internet gateway" not in rig.provider(private).explain(host)
