"""Role variables as they may be shown: secrets masked, certificates named instead of printed. Pure."""

import json
import re

MASK = "***"

_SECRET_NAME = re.compile(r"passw|passphrase|secret|token|credential|private_key|api_?key", re.IGNORECASE)
_SECRET_TEXT = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_LOGIN_IN_URL = re.compile(r"(?<=://)[^/\s@]+@")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----")


def without_secrets(variables: dict[str, object]) -> dict[str, object]:
    """The same variables; whatever is named like a secret, looks like one, or is a URL's login becomes `***`."""
    return {name: _masked(name, value) for name, value in variables.items()}


def as_text(value: object) -> str:
    """One masked value on as few lines as are readable."""
    if isinstance(value, str):
        return value
    return json.dumps(
        _shortened(value), ensure_ascii=False, indent=2 if isinstance(value, dict | list) else None
    )


def _masked(name: str, value: object) -> object:
    if _SECRET_NAME.search(name):
        return MASK
    if isinstance(value, dict):
        return {key: _masked(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked("", item) for item in value]
    if isinstance(value, str):
        return MASK if _SECRET_TEXT.search(value) else _LOGIN_IN_URL.sub(f"{MASK}@", value)
    return value


def _shortened(value: object) -> object:
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(item) for item in value]
    if isinstance(value, str) and (count := len(_CERTIFICATE.findall(value))):
        return f"({count} PEM certificate{'' if count == 1 else 's'})"
    return value
