"""EC2, with the rights of the controller's role: what its hosts do, starting them, stopping them. The only user of boto3 on hosts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

RUNS = frozenset({"pending", "running"})
GONE = frozenset({"shutting-down", "terminated"})
MISSING = "not found"
_WHEN = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")
_LONGEST = 200


class RefusedError(Exception):
    """EC2 does not do it.

    Args:
        code: EC2's.
        message: EC2's words.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} ({code})"[:_LONGEST])
        self.code = code


@dataclass(frozen=True)
class Instance:
    """What EC2 says of a host."""

    id: str
    state: str
    started_at: datetime
    """Beginning of its present or last run."""
    ended_at: datetime | None = None
    """When its API was asked to end that run; None while it runs, and where EC2 does not say."""
    reason: str = ""


class Ec2:
    """EC2 of a region.

    Args:
        region: its name.
        endpoint_url: of who plays it; empty for AWS's own.
    """

    def __init__(self, region: str, endpoint_url: str = "") -> None:
        self._region = region
        self._endpoint_url = endpoint_url or None

    def described(self, ids: Iterable[str]) -> dict[str, Instance]:
        """What EC2 says of instances, by id; of those that it does not know, nothing. Raises RefusedError."""
        wanted = list(ids)
        if not wanted:
            return {}
        answer = self._call("describe_instances", {"Filters": [{"Name": "instance-id", "Values": wanted}]})
        found = {}
        for held in answer["Reservations"]:
            for each in held["Instances"]:
                seen = _instance(each)
                found[seen.id] = seen
        return found

    def start(self, ids: Iterable[str]) -> None:
        """Start instances: all of them or none. Raises RefusedError."""
        self._call("start_instances", {"InstanceIds": list(ids)})

    def stop(self, ids: Iterable[str]) -> None:
        """Stop instances: all of them or none. Raises RefusedError."""
        self._call("stop_instances", {"InstanceIds": list(ids)})

    def _call(
        self, name: str, given: dict[str, object]
    ) -> dict[str, list[dict[str, list[dict[str, object]]]]]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, list[dict[str, list[dict[str, object]]]]] = getattr(self._client(), name)(
                **given
            )
        except ClientError as error:
            told = error.response.get("Error", {})
            raise RefusedError(str(told.get("Code", "")), str(told.get("Message", ""))) from error
        except BotoCoreError as error:
            raise RefusedError(type(error).__name__, str(error)) from error
        return answer

    def _client(self) -> EC2Client:
        # Its service answers late in a host's first seconds, and whose profile is new has no credentials yet.
        os.environ.setdefault("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "5")
        import boto3
        from botocore.config import Config

        how = Config(
            connect_timeout=5,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 3},
            proxies={},
        )
        return boto3.client("ec2", region_name=self._region, endpoint_url=self._endpoint_url, config=how)


def _instance(said: dict[str, object]) -> Instance:
    state, why, launched = said.get("State"), said.get("StateReason"), said.get("LaunchTime")
    if not isinstance(state, dict) or not isinstance(launched, datetime):
        raise RefusedError("", f"EC2 says of {said.get('InstanceId')} what cannot be read")
    name = str(state.get("Name"))
    when = _WHEN.search(str(said.get("StateTransitionReason", "")))
    ended = datetime.strptime(when[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc) if when else None
    return Instance(
        id=str(said.get("InstanceId")),
        state=name,
        started_at=launched.astimezone(timezone.utc),
        ended_at=None if name in RUNS else ended,
        reason=str(why.get("Code", "")) if isinstance(why, dict) else "",
    )
