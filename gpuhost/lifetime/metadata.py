"""What EC2's instance metadata service says of the end of a spot host. Version 2 alone; changes nothing.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime

ADDRESS = "http://169.254.169.254"
"""Link-local, the same on every instance."""

ANSWER_S = 2.0
TOKEN_S = 21600
"""The longest that a token may be valid."""

LONGEST = 4096
"""Bytes; a notice has fewer than a hundred."""

NOTICE = "/latest/meta-data/spot/instance-action"
ADVICE = "/latest/meta-data/events/recommendations/rebalance"
"""It comes with the notice or before it, and not always: the host is likelier than others to be taken back."""

ACTIONS = ("terminate", "stop", "hibernate")


@dataclass(frozen=True)
class Interruption:
    """EC2 takes the host back."""

    action: str
    """One of ACTIONS."""
    at: datetime
    """When, by EC2's clock, in UTC. Of `hibernate` it begins at once."""


class Metadata:
    """The service, with a token that is asked for anew when it is not taken any more."""

    def __init__(self, address: str = ADDRESS) -> None:
        self._address = address
        self._token = ""
        # A proxy has no business between a host and its own metadata.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def interruption(self) -> Interruption | None:
        """The notice; None while there is none. Raises OSError (no answer), ValueError (one that is not understood)."""
        text = self._read(NOTICE)
        return None if text is None else parse_interruption(text)

    def advised_at(self) -> datetime | None:
        """When EC2 recommended to move elsewhere; None while it does not. Raises as `interruption`."""
        text = self._read(ADVICE)
        return None if text is None else parse_time(told(text, "noticeTime"))

    def _read(self, path: str) -> str | None:
        """What is at a path; None where nothing is."""
        for last in (False, True):
            if not self._token:
                self._token = self._ask(
                    "/latest/api/token", "PUT", "X-aws-ec2-metadata-token-ttl-seconds", str(TOKEN_S)
                )
            try:
                return self._ask(path, "GET", "X-aws-ec2-metadata-token", self._token)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code == 404:
                    return None
                if error.code != 401 or last:
                    raise
                self._token = ""
        raise AssertionError("the second answer is returned or raised")

    def _ask(self, path: str, method: str, header: str, value: str) -> str:
        request = urllib.request.Request(self._address + path, method=method, headers={header: value})  # noqa: S310  http, by ADDRESS
        with self._opener.open(request, timeout=ANSWER_S) as answer:
            return str(answer.read(LONGEST).decode())


def parse_interruption(text: str) -> Interruption:
    """The notice from its JSON. Raises ValueError for what is none."""
    action = told(text, "action")
    if action not in ACTIONS:
        raise ValueError(f"EC2 announces {action!r}")
    return Interruption(action=action, at=parse_time(told(text, "time")))


def told(text: str, name: str) -> str:
    """A word of a JSON object. Raises ValueError where there is none."""
    try:
        return str(json.loads(text)[name])
    except (KeyError, TypeError) as error:
        raise ValueError(f"no {name!r} in {text[:80]!r}") from error


def parse_time(text: str) -> datetime:
    """`2026-11-28T14:02:00Z`. Raises ValueError for what is no time with a zone."""
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone: {text!r}")
    return at
