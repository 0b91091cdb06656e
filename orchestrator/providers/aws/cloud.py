"""The only door to boto3: a client for each service and region, made when it is first asked for, and errors in our own words.

Decides nothing. Threads may share it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from threading import Lock
from typing import TYPE_CHECKING

from orchestrator.errors import UsageError
from orchestrator.providers.aws.refusals import translated
from orchestrator.sanitize import sanitized_value

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from botocore.loaders import Loader
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_pricing import PricingClient
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_service_quotas import ServiceQuotasClient
    from mypy_boto3_ssm import SSMClient

PRICING_REGION = "us-east-1"
"""The price list has an endpoint in a few regions only, and each holds the prices of all."""

_CONNECT_TIMEOUT_S = 10
_READ_TIMEOUT_S = 30
_PLAYED = "rehearsal"


class Aws:
    """One account of AWS, or what plays it at `endpoint_url`; then no credentials are read from anywhere.

    Raises UsageError at the first call where boto3 is not installed.
    """

    def __init__(self, endpoint_url: str = "") -> None:
        self._endpoint_url = endpoint_url or None
        self._clients: dict[tuple[str, str, int], object] = {}
        self._lock = Lock()

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

    def _client(self, service: str, region: str, *, attempts: int) -> object:
        key = (service, region, attempts)
        with self._lock:  # sessions are not made for threads; clients are
            if key not in self._clients:
                client = self._session.client(  # type: ignore[call-overload]
                    service, region_name=region, endpoint_url=self._endpoint_url, config=_config(attempts)
                )
                client.meta.events.register("after-call", _sanitize)
                self._clients[key] = client
            return self._clients[key]

    @cached_property
    def _session(self) -> "boto3.session.Session":
        try:
            import boto3
            import botocore.session
        except ModuleNotFoundError as error:
            raise UsageError(
                "cloud aws needs boto3, which is not installed", "pip install 'orchestrate[aws]'"
            ) from error
        if self._endpoint_url is None:
            return boto3.session.Session()
        # Neither files nor variables of the user: a rehearsal works without an account, and cannot touch one.
        nothing = (None, None, None, None)
        blind = botocore.session.Session(
            session_vars={
                "profile": nothing,
                "config_file": (None, None, "/dev/null", None),
                "credentials_file": (None, None, "/dev/null", None),
                "ca_bundle": nothing,
            }
        )
        blind.register_component("data_loader", _descriptions())
        blind.set_credentials(_PLAYED, _PLAYED)
        return boto3.session.Session(botocore_session=blind)


@contextmanager
def asked(what: str) -> Iterator[None]:
    """Translate whatever boto3 raises inside.

    Args:
        what: the request in the user's words, to be read after "AWS refused": `a g5.xlarge in us-east-1a`.

    Raises:
        ProviderError: of the class that says what kind of refusal it is; unknown codes are shown as they came.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise translated(error, what) from error


def _sanitize(parsed: dict[str, object], **_others: object) -> None:
    """Names, tags and messages are other people's text. botocore calls this with what it parsed, errors included."""
    parsed.update(sanitized_value(dict(parsed)))


@cache
def _descriptions() -> "Loader":
    """botocore's descriptions of the services: megabytes of JSON, read once however many rehearsals a process has."""
    from botocore.loaders import create_loader

    return create_loader()


def _config(attempts: int) -> "Config":
    from botocore.config import Config

    return Config(
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=32,
    )
