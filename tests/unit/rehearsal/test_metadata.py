"""The metadata of an instance, asked over HTTP as a host asks them."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from orchestrator.rehearsal import Cloud, Fault, Kind
from orchestrator.rehearsal.api.replies import Reply
from orchestrator.rehearsal.api.request import Http
from orchestrator.rehearsal.cloud import AccountSettings
from orchestrator.rehearsal.containers import metadata
from orchestrator.rehearsal.containers.metadata import Metadata, MetadataService
from tests.unit.rehearsal.account import Account

pytestmark = pytest.mark.served

HOST = Metadata(
    tree={"meta-data/instance-id": "i-1", "meta-data/placement/region": "r", "meta-data/placement/zone": "z"},
    user_data=b"#cloud-config\n",
    token_required=True,
)


@contextmanager
def service(known: Metadata | None = HOST) -> Iterator[str]:
    """An address that answers for one host."""
    running = MetadataService("127.0.0.1", 0, lambda _: known)
    try:
        yield f"http://127.0.0.1:{running.port}"
    finally:
        running.close()


def asked(url: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """Status and text."""
    named = {f"X-aws-ec2-metadata-{name.replace('_', '-')}": value for name, value in headers.items()}
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port)
    try:
        connection.request(method, place.path, headers=named)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_nothing_is_said_without_a_token_where_one_is_required() -> None:
    with service() as url:
        assert asked(f"{url}/latest/meta-data/instance-id") == (401, "")
        assert asked(f"{url}/latest/meta-data/instance-id", token="made up") == (401, "")
        status, token = asked(f"{url}/latest/api/token", "PUT", token_ttl_seconds="60")
        assert status == 200
        assert asked(f"{url}/latest/meta-data/instance-id", token=token) == (200, "i-1")


def test_a_token_without_a_life_time_is_refused() -> None:
    with service() as url:
        assert asked(f"{url}/latest/api/token", "PUT")[0] == 400
        assert asked(f"{url}/latest/api/token", "PUT", token_ttl_seconds="0")[0] == 400


def test_a_stranger_learns_nothing() -> None:
    with service(None) as url:
        assert asked(f"{url}/latest/user-data") == (404, "")


def test_a_folder_is_the_list_of_what_is_in_it() -> None:
    assert metadata.answer(HOST, "/latest/meta-data/") == b"instance-id\nplacement/"
    assert metadata.answer(HOST, "/2021-03-23/meta-data/placement/") == b"region\nzone"
    assert metadata.answer(HOST, "/latest/meta-data/spot/instance-action") is None


def test_an_instance_tells_what_ec2_tells() -> None:
    with Cloud(settle_s=0) as cloud:
        options = {"HttpTokens": "required", "InstanceMetadataTags": "enabled"}
        made = Account(cloud).run(UserData="#cloud-config\n", MetadataOptions=options)[0]
        told = metadata.of(cloud.instances()[0])
        assert told.token_required
        assert told.user_data == b"#cloud-config\n"
        assert told.tree["meta-data/instance-id"] == made["InstanceId"]
        assert told.tree["meta-data/tags/instance/mark"] == "ours"
        assert "meta-data/spot/instance-action" not in told.tree


def test_a_spot_host_reads_the_advice_first_and_then_the_notice_of_its_end() -> None:
    with Cloud(settings=AccountSettings(settle_s=0, clock=lambda: 0.0)) as cloud:
        cloud.inject(Fault(action="RunInstances", kind=Kind.RECLAIMED, seconds=30))
        Account(cloud).run(InstanceMarketOptions={"MarketType": "spot"})

        def after(seconds: float) -> set[str]:
            cloud.clock.advance(seconds)
            return {"spot/instance-action", "events/recommendations/rebalance"} & {
                name.removeprefix("meta-data/") for name in metadata.of(cloud.instances()[0]).tree
            }

        assert [after(seconds) for seconds in (0, 20, 20)] == [
            set(),
            {"events/recommendations/rebalance"},
            {"events/recommendations/rebalance", "spot/instance-action"},
        ]


def test_where_cloud_init_is_to_fail_a_script_that_fails_is_added() -> None:
    with Cloud(settle_s=0) as cloud:
        cloud.inject(Fault(action="RunInstances", kind=Kind.CLOUD_INIT_FAILS))
        Account(cloud).run(UserData="#cloud-config\n{}\n")
        told = metadata.of(cloud.instances()[0]).user_data or b""
        assert b"text/cloud-config" in told
        assert b"text/x-shellscript" in told


def test_what_is_posted_is_handed_on_without_the_back_doors_header() -> None:
    heard: list[Http] = []

    def answered(http_request: Http) -> Reply:
        heard.append(http_request)
        return Reply(status=200, body=b"<done/>")

    running = MetadataService("127.0.0.1", 0, lambda _: HOST, answered)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", running.port)
        connection.request("POST", "/", body=b"Action=Look", headers={"X-Rehearsal-Admin": "1"})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"<done/>")
        connection.close()
    finally:
        running.close()
    (request,) = heard
    assert (request.path, request.body) == ("/", b"Action=Look")
    assert "x-rehearsal-admin" not in request.headers


def test_a_host_without_a_roles_key_may_ask_for_nothing() -> None:
    with Cloud() as cloud:
        scope = (
            "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/ec2/aws4_request, SignedHeaders=a, Signature=b"
        )
        asked_for = Http(
            method="POST",
            path="/",
            query="",
            headers={"authorization": scope},
            body=b"Action=DescribeRegions",
        )
        assert b"AuthFailure" in cloud.asked_by_host(asked_for).body
        assert cloud.asked_by_host(replace(asked_for, headers={})).status == 404
