"""Answers in the forms of AWS's protocols. Pure."""

import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

EC2_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15"
REQUEST_ID = "00000000-0000-4000-8000-000000000000"
_JSON_SERVICES = frozenset({"ssm", "servicequotas", "pricing"})
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes back."""

    status: int
    body: bytes
    content_type: str = "text/xml"


class Refused(Exception):  # noqa: N818  an answer, not a mistake
    """A request that is answered with an error.

    Args:
        code: AWS's.
        message: AWS's words for it.
        status: of HTTP.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def refusal(service: str, refused: Refused) -> Reply:
    """The error in the form of a service."""
    if service in _JSON_SERVICES:
        text = json.dumps({"__type": refused.code, "message": refused.message})
        return Reply(status=refused.status, body=text.encode(), content_type="application/x-amz-json-1.1")
    code, message = escape(refused.code), escape(refused.message)
    if service == "ec2":
        text = (
            f"{_HEAD}<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            f"<RequestID>{REQUEST_ID}</RequestID></Response>"
        )
    else:
        text = (
            f"{_HEAD}<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            f"<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        )
    return Reply(status=refused.status, body=text.encode())


def ec2(action: str, inner: str) -> Reply:
    """EC2's answer to an action.

    Args:
        action: `TerminateInstances`.
        inner: XML between the request's id and the end.
    """
    name = f"{action}Response"
    text = f'{_HEAD}<{name} xmlns="{EC2_NAMESPACE}"><requestId>{REQUEST_ID}</requestId>{inner}</{name}>'
    return Reply(status=200, body=text.encode())


def as_json(value: object) -> Reply:
    """The answer of a JSON service."""
    return Reply(status=200, body=json.dumps(value).encode(), content_type="application/x-amz-json-1.1")


def element(name: str, text: str) -> str:
    """`<name>text</name>`."""
    return f"<{name}>{escape(text)}</{name}>"
