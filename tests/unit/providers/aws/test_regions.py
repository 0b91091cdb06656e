"""A region that does not let itself be asked is left out and named; no host is launched twice or called gone because of it."""

from dataclasses import replace

import pytest

from orchestrator.errors import NotAuthorizedError, ProviderError
from orchestrator.models import ReceiptLine
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.errors import NoAnswerError
from orchestrator.providers.aws.regions import in_each, refuse_lost
from orchestrator.providers.base import NOT_ASKED, ReleaseAction
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud, Fault
from orchestrator.rehearsal.faults import REGION
from tests.unit.providers.aws.rig import Rig, request

pytestmark = pytest.mark.served

EAST, WEST = "us-east-1", "us-west-2"
BOTH = AwsSettings(regions=(EAST, WEST))
CODES = (
    "AuthFailure",
    "OptInRequired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "PendingVerification",
    "UnauthorizedOperation",
)


def refuse(cloud: Cloud, region: str = WEST, code: str = "AuthFailure") -> None:
    """The region answers nothing else to whatever it is asked."""
    cloud.inject(Fault(action="*", code=code, status=401, when=((REGION, region),)))


def on_record(*regions: str) -> AwsSettings:
    return replace(BOTH, tried=lambda _fleet: frozenset(regions))


def launched(rig: Rig, settings: AwsSettings) -> str:
    """Where the fleet's host came to be."""
    (_host,) = rig.provider(settings).launch(request(), rig.intend)
    return rig.last


@pytest.mark.parametrize("code", CODES)
def test_a_region_that_refuses_is_left_out_of_offers_and_said_once(rig: Rig, code: str) -> None:
    refuse(rig.cloud, code=code)
    provider = rig.provider(BOTH)
    offers = provider.offers(request())
    assert {offer.key.partition("/")[0] for offer in offers if offer.available} == {EAST}
    assert provider.find("t") == ()
    assert provider.resources("t") == ()
    assert provider.fleets() == ()
    assert provider.instances("t") == ()
    (said,) = [line for line in rig.said if line.startswith("left out: ")]
    assert said.startswith(f"left out: {WEST}: AWS refused")
    assert code in said
    assert list(provider.skipped_regions()) == [WEST]


def test_what_is_said_of_a_region_that_is_not_enabled_has_the_way_to_enable_it_and_the_clock(
    rig: Rig,
) -> None:
    refuse(rig.cloud)
    rig.provider(BOTH).find("t")
    (said,) = rig.said
    assert f"aws account enable-region --region-name {WEST}" in said
    assert "date -u" in said
    assert "\n" not in said


def test_several_regions_that_a_policy_denies_are_said_in_one_line(rig: Rig) -> None:
    for region in (WEST, "eu-west-1"):
        refuse(rig.cloud, region, "UnauthorizedOperation")
    rig.provider(replace(BOTH, regions=(EAST, WEST, "eu-west-1"))).find("t")
    (said,) = rig.said
    assert said.startswith(f"left out: {WEST}, eu-west-1: ")
    assert "orchestrate aws-policy" in said


@pytest.mark.parametrize("regions", [(EAST,), (EAST, WEST)])
def test_what_every_region_refuses_ends_the_command(rig: Rig, regions: tuple[str, ...]) -> None:
    for region in regions:
        refuse(rig.cloud, region)
    provider = rig.provider(replace(BOTH, regions=regions))
    for ask in (lambda: provider.find("t"), lambda: provider.offers(request()), provider.fleets):
        with pytest.raises(NotAuthorizedError, match="AuthFailure"):
            ask()
    assert rig.said == []


@pytest.mark.parametrize("code", ["ExpiredToken", "SignatureDoesNotMatch"])
def test_what_is_not_a_matter_of_the_region_ends_the_command(rig: Rig, code: str) -> None:
    refuse(rig.cloud, code=code)
    with pytest.raises(NotAuthorizedError, match=code):
        rig.provider(BOTH).find("t")


def test_one_action_that_is_denied_in_a_region_hides_none_of_its_hosts(rig: Rig) -> None:
    assert launched(rig, replace(BOTH, regions=(WEST,))).startswith(WEST)
    denied = Fault(action="GetParameters", code="AccessDeniedException", when=((REGION, WEST),))
    rig.cloud.inject(denied)
    provider = rig.provider(BOTH)
    assert {offer.key.partition("/")[0] for offer in provider.offers(request())} == {EAST}
    assert [host.name for host in provider.find("t")] == ["t-1"]


def test_a_fleet_is_launched_where_regions_answer_when_it_has_been_in_no_other(rig: Rig) -> None:
    refuse(rig.cloud)
    assert launched(rig, on_record()).startswith(EAST)
    assert len(rig.alive()) == 1


@pytest.mark.parametrize(
    ("settings", "tried_last"),
    [(on_record(WEST), ""), (BOTH, f"{WEST}/{WEST}a/g4dn.xlarge/on-demand")],
)
def test_nothing_is_launched_while_a_region_that_the_fleet_has_been_in_is_left_out(
    rig: Rig, settings: AwsSettings, tried_last: str
) -> None:
    launched(rig, replace(BOTH, regions=(WEST,)))
    refuse(rig.cloud)
    provider = rig.provider(settings)
    assert provider.find("t") == ()
    with pytest.raises(NotAuthorizedError, match=f"tried in {WEST}, which cannot be asked") as caught:
        provider.launch(replace(request(), tried_last=tried_last), rig.intend)
    assert f"aws account enable-region --region-name {WEST}" in caught.value.hint
    assert len(rig.alive()) == 1


def test_what_this_process_launched_in_a_region_is_not_launched_again_when_it_is_left_out(rig: Rig) -> None:
    provider = rig.provider(BOTH)
    rig.cloud.inject(
        Fault(action="RunInstances", code="InsufficientInstanceCapacity", when=((REGION, EAST),))
    )
    provider.launch(request(), rig.intend)
    assert rig.last.startswith(WEST)
    rig.cloud.clear_faults()
    refuse(rig.cloud)
    provider.find("t")
    with pytest.raises(ProviderError, match="which cannot be asked"):
        provider.launch(request(), rig.intend)
    assert len(rig.alive()) == 1


def test_the_costs_of_a_region_that_is_left_out_are_not_taken_for_nothing(rig: Rig) -> None:
    refuse(rig.cloud)
    assert rig.provider(on_record(EAST)).instances("t") == ()
    with pytest.raises(NotAuthorizedError, match="AuthFailure"):
        rig.provider(on_record(WEST)).instances("t")


@pytest.mark.parametrize("action", list(ReleaseAction))
def test_a_receipt_names_the_region_that_could_not_be_asked_where_the_fleet_may_be(
    rig: Rig, action: ReleaseAction
) -> None:
    launched(rig, replace(BOTH, regions=(EAST,)))
    refuse(rig.cloud)
    for settings in (on_record(EAST, WEST), BOTH):
        line = of_west(rig.provider(settings).release("t", action))
        assert (line.gone, line.resource.state) == (False, NOT_ASKED)
        assert "AuthFailure" in line.proof
        assert f"aws account enable-region --region-name {WEST}" in line.proof


def test_what_is_left_in_a_region_that_answers_is_removed_all_the_same(rig: Rig) -> None:
    launched(rig, replace(BOTH, regions=(EAST,)))
    refuse(rig.cloud)
    lines = rig.provider(on_record(EAST)).release("t", ReleaseAction.TERMINATE)
    assert lines
    assert all(line.gone for line in lines)
    assert rig.cloud.resource_ids() == ()


def test_a_region_that_cannot_be_reached_is_left_out_while_another_one_answers() -> None:
    said: list[str] = []
    answers = in_each(Aws("http://127.0.0.1:1", say=said.append), (EAST, WEST), only_east)
    assert answers.by_region == {EAST: EAST}
    assert list(answers.left_out) == [WEST]
    assert said == [f"left out: {WEST}: it cannot be reached; try: check the network"]
    with pytest.raises(NoAnswerError):
        in_each(Aws("http://127.0.0.1:1"), (WEST,), only_east)


def test_where_the_fleet_has_been_an_answer_that_was_lost_is_asked_for_again() -> None:
    aws = Aws("http://127.0.0.1:1")
    left_out = in_each(aws, (EAST, WEST), only_east).left_out
    refuse_lost(aws, on_record(EAST), "t", left_out)
    with pytest.raises(NoAnswerError):
        refuse_lost(aws, on_record(WEST), "t", left_out)
    assert in_each(aws, (EAST, WEST), lambda region: region).all == (EAST, WEST)


def only_east(region: str) -> str:
    if region == WEST:
        raise NoAnswerError("it cannot be reached", "check the network")
    return region


def of_west(lines: tuple[ReceiptLine, ...]) -> ReceiptLine:
    (line,) = [each for each in lines if each.resource.name == WEST]
    return line
