"""The tags that everything of ours carries, and what follows from them. Pure.

They are the only record of what belongs to a fleet. Public facts only: whoever may describe an instance reads them.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import TagTypeDef

PREFIX = "orchestrate"
FLEET = f"{PREFIX}:fleet"
OWNER = f"{PREFIX}:owner"
"""`journal.owner` of who made it: what another's mark is on is never touched."""
TOKEN = f"{PREFIX}:token"
"""The fleet's idempotency token."""
LAUNCH = f"{PREFIX}:launch"
"""The client token of the call that launched it: what came of a call whose answer was lost is found by this."""
BATCH = f"{PREFIX}:batch"
"""How many hosts that call launched."""
HOST = f"{PREFIX}:host"
"""Name of the batch's first host: the one with AmiLaunchIndex 0. The others count on from it."""
DISTRIBUTION = f"{PREFIX}:distribution"
USER = f"{PREFIX}:user"
HOST_KEY = f"{PREFIX}:host-key"
"""The public host key of the first boot, `ssh-ed25519 AAAA…`."""
PRICE = f"{PREFIX}:usd-per-hour"
MARKET = f"{PREFIX}:market"
ENDS_AT = f"{PREFIX}:ends-at"
"""When the deadline ends the host if it runs on: ISO 8601, UTC. Changed by `orchestrate extend`."""


def with_users(ours: Mapping[str, str], users: Iterable[tuple[str, str]]) -> "list[TagTypeDef]":
    """Our tags and the user's (`tags:` under `aws:`), as a call takes them. Of one key, ours is the one that holds."""
    every = {**ours, **{key: value for key, value in users if key not in ours}}
    return [{"Key": key, "Value": value} for key, value in every.items()]


def host_name(first: str, launch_index: int) -> str:
    """The host that an instance is: `train-3` for the batch of `train-1` at index 2; index 0 is `first` itself.

    A host with a name of its own (`train-head`) is a batch of one.
    """
    if not launch_index:
        return first
    stem, _, number = first.rpartition("-")
    return f"{stem}-{int(number) + launch_index}"
