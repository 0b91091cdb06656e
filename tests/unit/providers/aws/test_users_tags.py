"""`tags:` under `aws:` is on everything that is made, from the call that makes it, and changes nothing else."""

import json
from dataclasses import replace

import pytest

from orchestrator.models import HostState, Market
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.errors import TokenUsedError
from orchestrator.providers.aws.images import Baking, bake
from orchestrator.providers.aws.launch.request import parameters
from orchestrator.providers.aws.policy import policy
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud, Fault, Kind
from tests.unit.providers.aws.launch.orders import order
from tests.unit.providers.aws.rig import SHORT, Rig, request

USERS = (("cost-center", "1234"), ("team", ""))
KINDS = {
    "ami",
    "eipalloc",
    "eni",
    "i",
    "igw",
    "key",
    "rtb",
    "sg",
    "sir",
    "snap",
    "subnet",
    "vol",
    "vpc",
}
"""What the ids of everything that can be made for a fleet, or from it, begin with."""


def tagged(cloud: Cloud) -> dict[str, dict[str, str]]:
    """Everything in the account that carries a mark of ours: its tags by its id."""
    found: dict[str, dict[str, str]] = {}
    for page in Aws(cloud.admin_url).ec2("us-east-1").get_paginator("describe_tags").paginate():
        for row in page["Tags"]:
            found.setdefault(row["ResourceId"], {})[row["Key"]] = row["Value"]
    return {id_: marks for id_, marks in found.items() if tags.OWNER in marks}


@pytest.mark.served
def test_everything_that_is_made_carries_them_and_the_printed_policy_allows_it() -> None:
    settings = AwsSettings(vpc="own", elastic_ip=True, market=Market.SPOT, tags=USERS)
    with Cloud(policy=json.dumps(policy(settings)), settle_s=0) as cloud:
        rig = Rig(cloud=cloud)
        provider = rig.provider(settings)
        wanted = replace(request(), offers=provider.offers(request()))
        (host,) = provider.launch(wanted, rig.intend)
        while host.state is HostState.PENDING:
            (host,) = provider.find("t")
        baking = Baking(host=host, fingerprint="f", owner="me", users_tags=settings.tags)
        bake(Aws(cloud.url), "us-east-1", baking, rig.said.append, rig.intend)
        there = tagged(cloud)
        assert {id_.partition("-")[0] for id_ in there} == KINDS
        assert [id_ for id_, marks in there.items() if not marks.items() >= dict(USERS).items()] == []
        assert "CreateTags" not in rig.calls()
        assert all(line.gone for line in provider.release("t", ReleaseAction.TERMINATE))


@pytest.mark.served
def test_a_launch_that_is_not_seen_yet_stays_the_same_launch_when_they_are_changed() -> None:
    with Cloud(settle_s=0) as cloud:
        cloud.inject(Fault(action="RunInstances", kind=Kind.HIDDEN, seconds=60, times=1))
        rig = Rig(cloud=cloud)
        rig.provider(AwsSettings(tags=USERS)).launch(request(), rig.intend)
        changed = rig.provider(AwsSettings(tags=(("team", "b"),)), replace(SHORT, visible_s=0.2))
        with pytest.raises(TokenUsedError, match="by an earlier run"):
            changed.launch(replace(request(), tried_last=rig.last), rig.intend)
        assert rig.calls()["RunInstances"] == 2
        assert len(rig.alive()) == 1


def test_they_are_no_part_of_the_client_token_so_a_change_never_launches_twice() -> None:
    plain, with_tags = order(), order(AwsSettings(tags=USERS))
    assert with_tags.token == plain.token
    assert parameters(with_tags) == parameters(order(AwsSettings(tags=USERS)))


def test_what_is_theirs_never_takes_the_place_of_what_is_ours() -> None:
    asked = parameters(order(AwsSettings(tags=((tags.OWNER, "somebody"), ("team", "a")))))
    for each in asked["TagSpecifications"]:
        found = [(tag.get("Key"), tag.get("Value")) for tag in each.get("Tags", [])]
        assert (tags.OWNER, "me") in found
        assert ("team", "a") in found
        assert len(dict(found)) == len(found)


@pytest.mark.served
def test_the_plan_shows_them_once_with_what_is_made() -> None:
    with Cloud(settle_s=0) as cloud:
        provider = Rig(cloud=cloud).provider(AwsSettings(tags=USERS))
        asked = replace(request(2), offers=provider.offers(request(2)))
        lines = [line for line in provider.makes(asked) if line.startswith("tags")]
        assert lines == ["tags on each of these: cost-center=1234, team="]
