"""What botocore's exceptions mean, by their class; and what it means when its own code breaks on a configuration. Pure.

`{profile}` and `{login}` in a hint are filled in by `profiles.spoken`.
"""

from collections.abc import Iterator
from types import TracebackType

from orchestrator.errors import InputRefusedError, NotAuthorizedError
from orchestrator.providers.aws.errors import AccountError, Meaning, NoAnswerError

_CHECK = (
    "aws sts get-caller-identity{profile} says the same; the files are ~/.aws/config and ~/.aws/credentials"
)
_REGION = "`regions: [us-east-1]` under `aws:`"
_VARIABLES = "look at the variables that begin with AWS_ (`env`), and at ~/.aws/config"

_EXPIRED = Meaning(
    NotAuthorizedError, "the session with AWS has ended", "{login}, then run the command again"
)
_SSO = Meaning(
    NotAuthorizedError,
    "nobody is logged in by SSO, or the login has ended",
    "{login}, then run the command again",
)
_BAD_FILES = Meaning(NotAuthorizedError, "the AWS configuration cannot be used", _CHECK)
_BAD_VARIABLES = Meaning(
    InputRefusedError, "the AWS configuration asks for something that there is not", _VARIABLES
)
_HALF = Meaning(
    NotAuthorizedError,
    "the credentials are not complete",
    "give both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither; in a profile: aws configure{profile}",
)
_PROGRAM = Meaning(
    NotAuthorizedError,
    "the program of `credential_process` gave no credentials",
    "run it by hand: it stands behind `credential_process` in ~/.aws/config; aws sts get-caller-identity{profile} says the same",
)
_METADATA = Meaning(
    NotAuthorizedError,
    "where this computer would get credentials from gave none",
    "see whether it has a role: aws sts get-caller-identity; or set AWS_PROFILE",
)
_UNREACHABLE = Meaning(
    NoAnswerError,
    "it cannot be reached",
    "check the network and the region's name: aws sts get-caller-identity",
)
_LOST = Meaning(NoAnswerError, "the answer was lost", "run the command again: it goes on from here")
_NO_REGION = Meaning(InputRefusedError, "having no region is not accepted", _REGION)
_BAD_REGION = Meaning(InputRefusedError, "the region is not accepted", _REGION)

EXCEPTIONS: dict[str, Meaning] = {
    "NoCredentialsError": Meaning(
        NotAuthorizedError,
        "there are no credentials",
        "aws configure, or set AWS_PROFILE; to try without: --rehearse",
    ),
    "NoAuthTokenError": _SSO,
    "PartialCredentialsError": _HALF,
    "ProfileNotFound": Meaning(
        NotAuthorizedError, "there is no such profile", "aws configure list-profiles, then AWS_PROFILE"
    ),
    "UnknownCredentialError": _BAD_FILES,
    "CredentialRetrievalError": _METADATA,
    "MetadataRetrievalError": _METADATA,
    "InvalidIMDSEndpointError": _BAD_VARIABLES,
    "InvalidIMDSEndpointModeError": _BAD_VARIABLES,
    "TokenRetrievalError": _SSO,
    "UnknownTokenProviderError": _BAD_FILES,
    "SSOError": _SSO,
    "LoginError": Meaning(
        NotAuthorizedError,
        "nobody is logged in, or the login has ended",
        "aws login{profile}, then run the command again",
    ),
    "RefreshWithMFAUnsupportedError": Meaning(
        NotAuthorizedError,
        "the session that was opened with a code of MFA has ended",
        "run the command again: it asks for a code and goes on from here; `duration_seconds` in the profile makes it longer",
    ),
    "ConfigNotFound": _BAD_FILES,
    "ConfigParseError": _BAD_FILES,
    "InvalidConfigError": _BAD_FILES,
    "NoRegionError": _NO_REGION,
    "InvalidRegionError": _BAD_REGION,
    "UnknownRegionError": _BAD_REGION,
    "ServiceNotInRegionError": _BAD_REGION,
    "BaseEndpointResolverError": _BAD_REGION,
    "EndpointProviderError": _BAD_REGION,
    "InvalidHostLabelError": _BAD_REGION,
    "InvalidRetryConfigurationError": _BAD_VARIABLES,
    "InvalidDefaultsMode": _BAD_VARIABLES,
    "InvalidProxiesConfigError": _BAD_VARIABLES,
    "InvalidSTSRegionalEndpointsConfigError": _BAD_VARIABLES,
    "InvalidEndpointConfigurationError": _BAD_VARIABLES,
    "InvalidChecksumConfigError": _BAD_VARIABLES,
    "MissingDependencyException": Meaning(
        NotAuthorizedError,
        "the credentials need a part of boto3 that is not installed",
        "pip install 'botocore[crt]'",
    ),
    "ReadTimeoutError": _LOST,
    "ConnectionClosedError": _LOST,
    "ResponseStreamingError": _LOST,
    "IncompleteReadError": _LOST,
    "SSLError": Meaning(
        NoAnswerError,
        "its certificate is not trusted here",
        "AWS_CA_BUNDLE names the certificates of a proxy that looks inside; compare the clock too: date -u",
    ),
    "ProxyConnectionError": Meaning(
        NoAnswerError,
        "the proxy cannot be reached or does not let it through",
        "check HTTPS_PROXY and NO_PROXY: env | grep -i proxy",
    ),
    "ConnectionError": _UNREACHABLE,
    "HTTPClientError": _UNREACHABLE,
}
"""By the class of a BotoCoreError or of one that it descends from, the nearest first. The others are faults of ours, such as a
parameter of the wrong type: they are shown as they come."""

ROLES: dict[str, Meaning] = {
    "AccessDenied": Meaning(
        NotAuthorizedError,
        "the role of the profile could not be assumed",
        "compare `role_arn`, `mfa_serial` and the code: aws sts get-caller-identity{profile}; the role's trust policy decides",
    ),
    "ForbiddenException": Meaning(
        NotAuthorizedError,
        "SSO gives no such role to whoever is logged in",
        "compare `sso_account_id` and `sso_role_name` in ~/.aws/config: aws sts get-caller-identity{profile}",
    ),
    "ResourceNotFoundException": Meaning(
        NotAuthorizedError,
        "SSO knows no such account or role",
        "compare `sso_account_id` and `sso_role_name` in ~/.aws/config: aws sts get-caller-identity{profile}",
    ),
    "UnauthorizedException": Meaning(
        NotAuthorizedError, "the login by SSO has ended", "{login}, then run the command again"
    ),
    "InvalidGrantException": Meaning(
        NotAuthorizedError, "the login by SSO has ended", "{login}, then run the command again"
    ),
    "InvalidIdentityToken": Meaning(
        NotAuthorizedError,
        "the token of the web identity is not accepted",
        "renew the file that AWS_WEB_IDENTITY_TOKEN_FILE or the profile names, then run the command again",
    ),
    "RegionDisabledException": Meaning(
        AccountError,
        "STS is not enabled in that region",
        "sts_regional_endpoints = legacy in the profile, or another region for it",
    ),
}
"""The same for calls that open a session: what is refused is a role, and not what somebody may do."""

_BY_FUNCTION: dict[str, Meaning] = {"_retrieve_credentials_using": _PROGRAM}
"""What it means when botocore breaks in there with an exception that is none of its own."""

_BROKEN = Meaning(NotAuthorizedError, "the AWS configuration cannot be used", f"{_CHECK}; {_VARIABLES}")


def meaning_of_exception(error: Exception) -> Meaning | None:
    """What a BotoCoreError means; None when nothing is known."""
    details: object = getattr(error, "kwargs", {})
    if isinstance(details, dict) and details.get("provider") == "custom-process":
        return _PROGRAM
    return next(
        (EXCEPTIONS[each.__name__] for each in type(error).__mro__ if each.__name__ in EXCEPTIONS), None
    )


def meaning_inside_botocore(error: Exception) -> Meaning | None:
    """What an exception of Python's means that botocore let through, such as that of a program that is not there.

    None when it was not raised in botocore.
    """
    frames = tuple(_frames(error.__traceback__))
    if not any(module.partition(".")[0] in {"boto3", "botocore"} for module, _ in frames):
        return None
    return next((_BY_FUNCTION[name] for _, name in frames if name in _BY_FUNCTION), _BROKEN)


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, str]]:
    """(Module, function) from the outermost to the innermost."""
    while trace is not None:
        yield trace.tb_frame.f_globals.get("__name__", ""), trace.tb_frame.f_code.co_name
        trace = trace.tb_next
