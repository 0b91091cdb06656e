"""The only module that calls boto3: a client for each service and region, made when it is first asked for, and errors in our own words.

Decides nothing. Threads may share it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING

from orchestrator.errors import NotAuthorizedError, OrchestrateError, ProviderError
from orchestrator.providers.aws.error_translation import ABOUT_TIME, behind, code_of, encoded_in, translate
from orchestrator.providers.aws.session.boto_session import AskCode, is_here, rehearsal_session, user_session
from orchestrator.providers.aws.session.exceptions import meaning_inside_botocore
from orchestrator.providers.aws.session.profiles import spoken
from orchestrator.sanitize import sanitized_line, sanitized_value

if TYPE_CHECKING:
    import boto3
    from botocore.client import BaseClient
    from botocore.config import Config
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_pricing import PricingClient
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_service_quotas import ServiceQuotasClient
    from mypy_boto3_ssm import SSMClient

    from orchestrator.providers.aws.cluster.iam_client import IamClient

PRICING_REGION = "us-east-1"
"""The price list has an endpoint in a few regions only, and each holds the prices of all."""

_CONNECT_TIMEOUT_S = 10
_READ_TIMEOUT_S = 30
_SKEW_S = 240.0
"""EC2 accepts five minutes."""
_LONGEST = 300


class Aws:
    """One account of AWS, or what plays it at `endpoint_url`; then no credentials are read from anywhere.

    Args:
        endpoint_url: of all services; empty for the user's own AWS.
        ask: how a code of MFA is asked for; None asks in the terminal, if there is one.
        say: takes a line about a region that is left out.

    Raises UsageError at the first call where boto3 is not installed, and NotAuthorizedError where there are no credentials.
    """

    def __init__(
        self, endpoint_url: str = "", ask: AskCode | None = None, say: Callable[[str], None] | None = None
    ) -> None:
        self._endpoint_url = endpoint_url or None
        self._ask = ask
        self.say = say or (lambda _line: None)
        self.left_out: dict[str, ProviderError] = {}
        """By region: why it was not to be asked, while others were. Kept by `regions.in_each`."""
        self._clients: dict[tuple[str, str, int], object] = {}
        self._lock = RLock()

    def authenticate(self) -> None:
        """Have credentials now. Once for each object, and best in the main thread: a code of MFA may have to be typed.

        Raises:
            NotAuthorizedError: there are none, or they are no use.
        """
        with self._lock:
            _ = self._session

    def ec2(self, region: str) -> "EC2Client":
        """EC2; what is throttled or broken on their side is tried eight times."""
        return self._client("ec2", region, attempts=8)  # type: ignore[return-value]

    def launcher(self, region: str) -> "EC2Client":
        """EC2 for RunInstances: tried once, because botocore would take a lack of capacity for a broken server."""
        return self._client("ec2", region, attempts=1)  # type: ignore[return-value]

    def ssm(self, region: str) -> "SSMClient":
        """Systems Manager, for the public parameters that name images."""
        return self._client("ssm", region, attempts=8)  # type: ignore[return-value]

    def quotas(self, region: str) -> "ServiceQuotasClient":
        """Service Quotas."""
        return self._client("service-quotas", region, attempts=4)  # type: ignore[return-value]

    @property
    def pricing(self) -> "PricingClient":
        """The price list."""
        return self._client("pricing", PRICING_REGION, attempts=4)  # type: ignore[return-value]

    @property
    def route53(self) -> "Route53Client":
        """DNS. It has no regions."""
        return self._client("route53", PRICING_REGION, attempts=8)  # type: ignore[return-value]

    @property
    def iam(self) -> "IamClient":
        """Identities and rights. It has no regions."""
        return self._client("iam", PRICING_REGION, attempts=8)  # type: ignore[return-value]

    def _client(self, service: str, region: str, *, attempts: int) -> object:
        key = (service, region, attempts)
        with self._lock:  # sessions are not made for threads; clients are
            if key not in self._clients:
                self._clients[key] = self._made(service, region, attempts)
            return self._clients[key]

    def _made(self, service: str, region: str, attempts: int) -> object:
        here = is_here(self._endpoint_url or "")
        with aws_errors(""):
            client = self._new(service, region, config(attempts, past_proxies=here))
            # What is on this computer is behind no proxy; where the user's variables lead, only a client says.
            if not here and is_here(client.meta.endpoint_url):
                client = self._new(service, region, config(attempts, past_proxies=True))
        client.meta.events.register("after-call", _sanitize)
        return client

    def _new(self, service: str, region: str, how: "Config") -> "BaseClient":
        return self._session.client(  # type: ignore[call-overload,no-any-return]
            service, region_name=region, endpoint_url=self._endpoint_url, config=how
        )

    @cached_property
    def _session(self) -> "boto3.session.Session":
        if self._endpoint_url is not None:
            return rehearsal_session()
        with aws_errors(""):
            session = user_session(self._ask)
            credentials = session.get_credentials()
            if credentials is None:
                from botocore.exceptions import NoCredentialsError

                raise NoCredentialsError
            credentials.get_frozen_credentials()
        return session


@contextmanager
def aws_errors(what: str) -> Iterator[None]:
    """Translate whatever boto3 raises inside.

    Args:
        what: the request in the user's words, to be read after "AWS refused": `a g5.xlarge in us-east-1a`.

    Raises:
        ProviderError: of the class that says what kind of refusal it is; unknown codes are shown as they came.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except OrchestrateError:
        raise
    except (BotoCoreError, ClientError) as error:
        refused = translate(error, what)
        raised = type(refused)(f"{refused.cause}{_clock(error)}", spoken(refused.hint))
        if isinstance(raised, NotAuthorizedError):
            raised.encoded = encoded_in(error)
        raise raised from error
    except Exception as error:
        # botocore lets Python's own through: a program that is not there, an answer that is no JSON.
        meaning = meaning_inside_botocore(error)
        if meaning is None:
            raise
        raise meaning.error(f"{meaning.said}: {_python(error)}", spoken(meaning.hint)) from error


def _sanitize(parsed: dict[str, object], **_others: object) -> None:
    """Names, tags and messages are other people's text. botocore calls this with what it parsed, errors included."""
    parsed.update(sanitized_value(dict(parsed)))


def _clock(error: Exception) -> str:
    """How far this computer's clock is from AWS's, where that is what AWS cannot accept; else empty."""
    if code_of(error) not in ABOUT_TIME:
        return ""
    seconds = behind(error, datetime.now(UTC))
    if seconds is None or abs(seconds) < _SKEW_S:
        return ""
    way = "behind" if seconds > 0 else "ahead of"
    return f"; this computer's clock is {abs(seconds) / 60:.0f} minutes {way} AWS's"


def _python(error: Exception) -> str:
    """Python's own words, in a line."""
    return f"{sanitized_line(str(error))[:_LONGEST]} ({type(error).__name__})"


def config(attempts: int, *, past_proxies: bool = False) -> "Config":
    """How a client asks."""
    from botocore.config import Config

    return Config(
        # None has the user's variables decide.
        proxies={} if past_proxies else None,
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=32,
    )
