"""Every class of error, as EC2 answers it: the right exit code, the right words, and nothing left after `down`."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from orchestrator.errors import ExitCode, NotAuthorizedError, ProviderError
from orchestrator.models import LaunchRequest
from orchestrator.providers.aws.errors import NoAnswerError
from orchestrator.providers.aws.launch.run_instances import Timeouts
from orchestrator.providers.aws.provider import AwsProvider
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud, Fault, Kind
from tests.unit.providers.aws.rig import Rig, request

pytestmark = pytest.mark.served

RUN = "RunInstances"
HASTY = Timeouts(again_s=0.3, visible_s=0.3, halt_s=0.3, step_s=0.05)
ONE_ZONE = AwsSettings(zones=("us-east-1a",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A refusal, and what the user reads of it."""

    code: str
    said: str
    hint: str
    action: str = RUN
    status: int = 400
    exit_code: ExitCode = ExitCode.PROVIDER


REFUSALS = (
    Case(code="InsufficientInstanceCapacity", said="no capacity", hint="`zones:`", status=500),
    Case(code="InsufficientFreeAddressesInSubnet", said="no room for t-1", hint="`zones:`"),
    Case(code="Unsupported", said="not offered there", hint="`instance_type:`"),
    Case(code="VcpuLimitExceeded", said="G and VT instances", hint="request-service-quota-increase"),
    Case(code="VolumeLimitExceeded", said="volumes of EBS", hint="--service-code ebs"),
    Case(code="UnauthorizedOperation", said="may not do that", hint="orchestrate aws-policy", status=403),
    Case(
        code="AuthFailure", said="does not accept these credentials", hint="get-caller-identity", status=401
    ),
    Case(code="RequestExpired", said="expired, or the clock", hint="log in to AWS again"),
    Case(code="OptInRequired", said="not enabled that region", hint="`regions:`", status=401),
    Case(code="PendingVerification", said="not verified yet", hint="support"),
    Case(code="RequestLimitExceeded", said="asked too often", hint="goes on from here", status=503),
    Case(code="InternalError", said="problem of its own", hint="goes on from here", status=500),
    Case(
        code="InvalidAMIID.NotFound",
        said="the image is not accepted",
        hint="`image:`",
        exit_code=ExitCode.USAGE,
    ),
    Case(code="InvalidParameterValue", said="one of the parameters", hint="`aws:`", exit_code=ExitCode.USAGE),
    Case(code="SpotMaxPriceTooLow", said="above the cap", hint="market: on-demand"),
    Case(code="IdempotentParameterMismatch", said="by an earlier run", hint="orchestrate down"),
    Case(code="MoonInWrongPhase", said="(MoonInWrongPhase)", hint="look the code up"),
    Case(
        code="SecurityGroupLimitExceeded", said="quota of the VPC", hint="vpc", action="CreateSecurityGroup"
    ),
    Case(
        code="UnauthorizedOperation",
        said="may not",
        hint="aws-policy",
        action="CreateSecurityGroup",
        status=403,
    ),
    Case(
        code="InvalidKey.Format",
        said="key pair",
        hint="orchestrate up",
        action="ImportKeyPair",
        exit_code=ExitCode.USAGE,
    ),
    Case(
        code="UnauthorizedOperation",
        said="may not",
        hint="aws-policy",
        action="DescribeInstances",
        status=403,
    ),
    Case(
        code="InvalidAMIID.NotFound",
        said="image",
        hint="`image:`",
        action="DescribeImages",
        exit_code=ExitCode.USAGE,
    ),
)


def agreed(rig: Rig) -> LaunchRequest:
    asked = request()
    return replace(asked, offers=rig.provider(ONE_ZONE).offers(asked))


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: f"{case.action}-{case.code}")
def test_a_refusal_is_named_and_leaves_nothing_behind(rig: Rig, cloud: Cloud, case: Case) -> None:
    asked = agreed(rig)
    cloud.inject(Fault(action=case.action, code=case.code, status=case.status, message="EC2 says why."))
    with pytest.raises(ProviderError) as caught:
        rig.provider(ONE_ZONE, HASTY).launch(asked, rig.intend)
    assert caught.value.exit_code is case.exit_code
    assert case.said in caught.value.cause
    assert case.hint in caught.value.hint
    cloud.clear_faults()
    provider = rig.provider(ONE_ZONE)
    provider.release("t", ReleaseAction.TERMINATE)
    assert provider.resources("t") == ()
    assert rig.alive() == []


@pytest.mark.parametrize("kind", [Kind.DROPPED, Kind.LOST_REPLY])
def test_an_answer_that_never_comes_is_named_and_what_it_may_have_made_is_found(
    rig: Rig, cloud: Cloud, kind: Kind
) -> None:
    asked = agreed(rig)
    cloud.inject(Fault(action=RUN, kind=kind))
    with pytest.raises(ProviderError, match="the answer was lost") as caught:
        rig.provider(ONE_ZONE, HASTY).launch(asked, rig.intend)
    assert caught.value.hint == "run the command again: it goes on from here"
    cloud.clear_faults()
    assert len(rig.alive()) == (1 if kind is Kind.LOST_REPLY else 0)
    (host,) = rig.provider(ONE_ZONE).launch(replace(asked, tried_last=rig.last), rig.intend)
    assert [tracked.instance.id for tracked in rig.alive()] == [host.provider_id]
    provider = rig.provider(ONE_ZONE)
    provider.release("t", ReleaseAction.TERMINATE)
    assert provider.resources("t") == ()
    assert rig.alive() == []


def test_a_network_that_is_not_there_is_named() -> None:
    nowhere = replace(ONE_ZONE, endpoint_url="http://127.0.0.1:9")
    with pytest.raises(NoAnswerError, match="it cannot be reached"):
        AwsProvider(nowhere, lambda _line: None, "me", HASTY).launch(request(), lambda _kind, _name: None)


def test_missing_credentials_are_named_before_anybody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NotAuthorizedError, match="there are no credentials") as caught:
        AwsProvider(ONE_ZONE, lambda _line: None, "me", HASTY).find("t")
    assert "--rehearse" in caught.value.hint
