"""AWS behind a proxy that alone leads there: it is used for a real endpoint, and one that fails is named without its password."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.errors import ExitCode
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.errors import NoAnswerError
from orchestrator.rehearsal import Cloud
from tests.unit.cli.inside import Here
from tests.unit.cli.sessions.proxy import NAME, PASSWORD, Proxy, proxy
from tests.unit.cli.test_endpoint import real

pytestmark = pytest.mark.served


@pytest.fixture
def account() -> Iterator[Cloud]:
    with Cloud(settle_s=0) as cloud:
        yield cloud


@pytest.fixture
def company(tmp_path: Path, account: Cloud) -> Iterator[Proxy]:
    with proxy(tmp_path, account.url) as made:
        yield made


def test_a_real_endpoint_is_asked_through_the_proxy(
    account: Cloud,
    company: Proxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = Here(home=tmp_path, monkeypatch=monkeypatch, capsys=capsys)
    said = here.types("status", "--cloud", "aws", variables=real(account) | company.variables())
    assert said.code == ExitCode.OK, said.err
    assert set(company.asked) == {f"{NAME}:443"}
    assert [call.action for call in account.calls()].count("DescribeInstances") >= 1


def refused(account: Cloud, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> NoAnswerError:
    """What a call says that is tried once."""
    with monkeypatch.context() as here:
        for name, value in (real(account) | variables).items():
            here.setenv(name, value)
        with pytest.raises(NoAnswerError) as caught, aws_errors("a look"):
            Aws().launcher("us-east-1").describe_instances()
    assert account.calls() == ()
    return caught.value


@pytest.mark.parametrize("wrong", ["password", "address"])
def test_a_proxy_that_does_not_let_it_through_is_named_without_its_password(
    account: Cloud, company: Proxy, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    variables = company.variables("not-the-word" if wrong == "password" else PASSWORD)
    if wrong == "address":
        variables["HTTPS_PROXY"] = f"http://me:{PASSWORD}@127.0.0.1:9"
    error = refused(account, variables, monkeypatch)
    port = company.port if wrong == "password" else 9
    assert "the proxy cannot be reached or does not let it through" in error.cause
    assert f"127.0.0.1:{port}" in error.cause
    assert ("407" in error.cause) == (wrong == "password")
    assert PASSWORD not in f"{error.cause} {error.hint}"
    assert "not-the-word" not in f"{error.cause} {error.hint}"
    assert "HTTPS_PROXY" in error.hint


def test_a_proxy_that_looks_inside_needs_its_certificate(
    account: Cloud, company: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = company.variables()
    del variables["AWS_CA_BUNDLE"]
    error = refused(account, variables, monkeypatch)
    assert "its certificate is not trusted here" in error.cause
    assert "AWS_CA_BUNDLE" in error.hint
