"""Every exception of botocore, and those of Python that it lets through: each is translated in one place."""

import json
import subprocess

import botocore.exceptions
import pytest
from botocore.exceptions import BotoCoreError

from orchestrator.errors import NotAuthorizedError, ProviderError
from orchestrator.providers.aws.clients import aws_errors
from orchestrator.providers.aws.session.exceptions import EXCEPTIONS, meaning_inside_botocore

FAULTS_OF_OURS = frozenset(
    {
        "AliasConflictParameterError",
        "ApiVersionNotFoundError",
        "AwsChunkedWrapperError",
        "CapacityNotAvailableError",
        "ChecksumError",
        "DataNotFoundError",
        "FlexibleChecksumError",
        "InvalidDNSNameError",
        "InvalidEndpointDiscoveryConfigurationError",
        "InvalidExpressionError",
        "InvalidS3AddressingStyleError",
        "InvalidS3UsEast1RegionalEndpointConfigError",
        "MD5UnavailableError",
        "MissingParametersError",
        "OperationNotPageableError",
        "PaginationError",
        "ParamValidationError",
        "RangeError",
        "StubAssertionError",
        "StubResponseError",
        "UnStubbedResponseError",
        "UnknownClientMethodError",
        "UnknownKeyError",
        "UnknownParameterError",
        "UnknownServiceError",
        "UnknownServiceStyle",
        "UnknownSignatureVersionError",
        "UnseekableStreamError",
        "UnsupportedOutpostResourceError",
        "UnsupportedS3AccesspointConfigurationError",
        "UnsupportedS3ArnError",
        "UnsupportedS3ConfigurationError",
        "UnsupportedS3ControlArnError",
        "UnsupportedS3ControlConfigurationError",
        "UnsupportedServiceProtocolsError",
        "UnsupportedSignatureVersionError",
        "ValidationError",
        "WaiterConfigError",
        "WaiterError",
    }
)
"""No configuration of a user's leads to them, or they are of S3."""


def classes() -> list[type[BotoCoreError]]:
    found = (vars(botocore.exceptions)[name] for name in dir(botocore.exceptions))
    return [
        each
        for each in found
        if isinstance(each, type) and issubclass(each, BotoCoreError) and each is not BotoCoreError
    ]


def test_every_exception_of_botocore_has_a_meaning_or_is_a_fault_of_ours() -> None:
    known = {
        each.__name__ for each in classes() if any(parent.__name__ in EXCEPTIONS for parent in each.__mro__)
    }
    assert {each.__name__ for each in classes()} - known == FAULTS_OF_OURS


def test_every_named_exception_is_one_of_botocores() -> None:
    assert [name for name in EXCEPTIONS if not hasattr(botocore.exceptions, name)] == []


@pytest.mark.parametrize("name", sorted(EXCEPTIONS))
def test_every_hint_is_filled_in(name: str) -> None:
    kind = vars(botocore.exceptions)[name]
    with pytest.raises(ProviderError) as caught, aws_errors("a launch"):
        raise kind.__new__(kind)
    assert "{" not in caught.value.hint
    assert caught.value.cause.startswith(f"AWS refused a launch: {EXCEPTIONS[name].said}")


def test_an_exception_of_our_own_code_is_none_of_botocores() -> None:
    with pytest.raises(FileNotFoundError), aws_errors("a launch"):
        subprocess.run(("/nowhere/program",), check=False)
    with pytest.raises(KeyError), aws_errors("a launch"):
        _ = dict[str, str]()["Reservations"]


def test_an_exception_of_python_from_within_botocore_is_translated_and_harmless_on_a_terminal() -> None:
    import botocore.compat

    with (
        pytest.raises(NotAuthorizedError, match="the AWS configuration cannot be used") as caught,
        aws_errors(""),
    ):
        botocore.compat.compat_shell_split('program "\x1b[31m')
    assert "\x1b" not in caught.value.cause
    assert meaning_inside_botocore(json.JSONDecodeError("no", "", 0)) is None
