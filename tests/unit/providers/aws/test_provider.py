"""What a user gets of EC2: addresses, names, closed ports, a plan that names everything, and reasons."""

from dataclasses import replace

import pytest

from orchestrator.errors import CapacityError, ProviderError
from orchestrator.models import HostState, LaunchRequest, Limits
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.provider import AwsProvider
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud, Fault, Kind
from tests.unit.providers.aws.rig import Rig, request

pytestmark = pytest.mark.served


def planned(provider: AwsProvider, count: int = 2) -> LaunchRequest:
    asked = request(count)
    return replace(asked, offers=provider.offers(asked))


def test_what_is_launched_is_closed_encrypted_marked_and_ends_itself(rig: Rig, cloud: Cloud) -> None:
    rig.provider().launch(request(2, limits=Limits(max_hours=3)), rig.intend)
    ec2 = Aws(cloud.admin_url).ec2("us-east-1")
    instances = [each for held in ec2.describe_instances()["Reservations"] for each in held["Instances"]]
    assert len(instances) == 2
    for each in instances:
        options = each["MetadataOptions"]
        assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)
        assert "IamInstanceProfile" not in each
    volumes = ec2.describe_volumes()["Volumes"]
    assert [(each["Encrypted"], each["VolumeType"], each["Size"]) for each in volumes] == [
        (True, "gp3", 100)
    ] * 2
    everything = [*instances, *volumes]
    marks = [{tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in everything]
    marks += [
        {tag["Key"]: tag["Value"] for tag in each["TagSet"]}
        for each in ec2.describe_network_interfaces()["NetworkInterfaces"]
    ]
    assert {(each[tags.FLEET], each[tags.OWNER]) for each in marks} == {("t", "me")}
    (group,) = ec2.describe_security_groups(Filters=[{"Name": f"tag:{tags.FLEET}", "Values": ["t"]}])[
        "SecurityGroups"
    ]
    ports = {(rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) for rule in group["IpPermissions"]}
    sources = {each["CidrIp"] for rule in group["IpPermissions"] for each in rule["IpRanges"]}
    assert (ports, [each.rpartition("/")[2] for each in sources]) == ({(22, 22, "tcp")}, ["32"])
    (first, _) = rig.provider().find("t")
    assert first.ends_at is not None


def test_a_plan_names_what_will_be_made_and_nothing_that_is_there(rig: Rig) -> None:
    provider = rig.provider(AwsSettings(elastic_ip=True, zones=("us-east-1b",), disk_gib=50))
    asked = planned(provider, 1)
    assert provider.makes(asked) == (
        "security group orchestrate-me-t in us-east-1: lets SSH in from this computer's address alone",
        "key pair orchestrate-me-t in us-east-1",
        "instance t-1: g4dn.xlarge in us-east-1b, with a network interface",
        "volume of t-1: 50 GiB, gp3, encrypted",
        "Elastic IP of t-1",
    )
    provider.launch(asked, rig.intend)
    two = planned(rig.provider(provider._settings))
    assert [line.split(":")[0] for line in rig.provider(provider._settings).makes(two)] == [
        "instance t-2",
        "volume of t-2",
        "Elastic IP of t-2",
    ]


def test_an_elastic_ip_is_the_address_and_stays_through_stop_and_start(rig: Rig) -> None:
    provider = rig.provider(AwsSettings(elastic_ip=True))
    born = provider.launch(planned(provider), rig.intend)
    addresses = [host.address for host in born]
    assert [host.address for host in provider.find("t")] == addresses
    provider.release("t", ReleaseAction.STOP)
    assert {host.state for host in provider.find("t")} == {HostState.STOPPED}
    again = provider.launch(planned(provider), rig.intend)
    assert [host.address for host in again] == addresses
    assert [kind for kind, _ in rig.intended].count("elastic-ip") == 2


def test_names_point_at_hosts_as_soon_as_these_have_addresses(rig: Rig, cloud: Cloud) -> None:
    Aws(cloud.admin_url).route53.create_hosted_zone(Name="example.org.", CallerReference="1")
    cloud.inject(Fault(action="RunInstances", kind=Kind.NO_ADDRESS, seconds=0.5))
    provider = rig.provider(AwsSettings(dns_name="gpu.example.org"))
    hosts = provider.launch(planned(provider), rig.intend)
    assert len(hosts) == 2
    made = {(one.name, one.state) for one in provider.resources("t") if one.kind == "record"}
    found = {(f"{host.name[-1]}.gpu.example.org", host.address) for host in provider.find("t")}
    assert made == found


def test_hosts_that_are_to_be_named_and_get_no_address_are_said(rig: Rig, cloud: Cloud) -> None:
    Aws(cloud.admin_url).route53.create_hosted_zone(Name="example.org.", CallerReference="1")
    cloud.inject(Fault(action="RunInstances", kind=Kind.NO_ADDRESS, seconds=60))
    with pytest.raises(ProviderError, match="t-1 had no address after 3 s, so it could not be named"):
        rig.provider(AwsSettings(dns_name="gpu.example.org")).launch(request(), rig.intend)


def test_a_private_host_has_no_public_address(rig: Rig, cloud: Cloud) -> None:
    provider = rig.provider(AwsSettings(private=True, ssh_from=("10.0.0.0/8",)))
    provider.launch(request(), rig.intend)
    (found,) = Aws(cloud.admin_url).ec2("us-east-1").describe_instances()["Reservations"][0]["Instances"]
    assert found["PrivateIpAddress"] == provider.find("t")[0].address
    assert not found.get("PublicIpAddress")


def test_hosts_are_launched_into_a_vpc_of_the_fleets_own(rig: Rig, cloud: Cloud) -> None:
    provider = rig.provider(AwsSettings(vpc="own", zones=("us-east-1a", "us-east-1b")))
    provider.launch(request(), rig.intend)
    (found,) = Aws(cloud.admin_url).ec2("us-east-1").describe_instances()["Reservations"][0]["Instances"]
    assert found["VpcId"] in {one.id for one in provider.resources("t") if one.kind == "vpc"}
    assert provider.find("t")[0].address


def test_all_regions_of_the_settings_are_looked_into(rig: Rig) -> None:
    west = rig.provider(AwsSettings(regions=("us-west-2",)))
    (host,) = west.launch(request(), rig.intend)
    both = rig.provider(AwsSettings(regions=("us-east-1", "us-west-2")))
    assert [each.provider_id for each in both.find("t")] == [host.provider_id]
    assert both.launch(request(), rig.intend)[0].provider_id == host.provider_id


def test_what_is_more_than_the_quota_allows_is_refused_before_anything_is_made(rig: Rig) -> None:
    with pytest.raises(CapacityError, match='quota "Running On-Demand G and VT instances"'):
        rig.provider().launch(request(30), rig.intend)
    assert rig.intended == []


def test_of_a_host_that_runs_and_is_silent_the_end_of_the_console_is_told(rig: Rig) -> None:
    provider = rig.provider()
    (host,) = provider.launch(request(), rig.intend)
    provider.find("t")
    assert provider.explain(host).startswith("the end of its console: ")


def test_of_a_host_that_was_taken_back_the_reason_is_told_by_any_process(rig: Rig, cloud: Cloud) -> None:
    (host,) = rig.provider().launch(request(), rig.intend)
    cloud.states.terminate(
        cloud.states.by_id[host.provider_id], ("Server.SpotInstanceTermination", "Spot instance termination")
    )
    cloud.instances()
    told = rig.provider().explain(host)
    assert told == "EC2 says terminated: Spot instance termination (Server.SpotInstanceTermination)"


def test_asking_why_often_asks_ec2_seldom(rig: Rig, cloud: Cloud) -> None:
    provider = rig.provider()
    (host,) = provider.launch(request(), rig.intend)
    cloud.states.terminate(cloud.states.by_id[host.provider_id])
    provider.find("t")
    cloud.clear_calls()
    for _ in range(20):
        provider.explain(host)
    assert rig.calls().total() == 0
