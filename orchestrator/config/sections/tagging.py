"""Which tags may stand under `tags:` of `aws:`: what EC2 accepts, without those that orchestrate puts on itself. Pure.

EC2's rules: docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions.
"""

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

RESERVED_KEY = "Name"
RESERVED_PREFIX = "orchestrate:"
"""What belongs to which fleet is told by these: one that is set by hand would make hosts another's, or nobody's."""
MOST = 50
"""Tags on one resource, ours included."""
MOST_OF_OURS = 13
"""On an instance, which carries the most."""
LONGEST_KEY = 128
LONGEST_VALUE = 256
_AMAZONS_PREFIX = "aws:"


def _accepted(tags: dict[str, str]) -> dict[str, str]:
    for key, value in tags.items():
        if problem := _problem(key, value):
            raise PydanticCustomError("tag", "{problem}", {"problem": problem})
    if len(tags) > MOST - MOST_OF_OURS:
        raise PydanticCustomError(
            "tag",
            "these are {count} tags; EC2 takes {most} on a resource, and {ours} are orchestrate's own",
            {"count": len(tags), "most": MOST, "ours": MOST_OF_OURS},
        )
    return tags


def _problem(key: str, value: str) -> str:
    """The first thing that is wrong with a tag; empty when nothing is."""
    own = key == RESERVED_KEY or key.lower().startswith(RESERVED_PREFIX)
    wrong = (
        (not key, "a tag has no key"),
        (own, f"the tag {key} is one of orchestrate's own, by which it knows what belongs to a fleet"),
        (
            key.lower().startswith(_AMAZONS_PREFIX),
            f"the tag {key} begins with {_AMAZONS_PREFIX}, which AWS keeps for itself",
        ),
        (len(key) > LONGEST_KEY, f"the key {key[:20]}… has {len(key)} characters; EC2 takes {LONGEST_KEY}"),
        (
            len(value) > LONGEST_VALUE,
            f"the value of {key} has {len(value)} characters; EC2 takes {LONGEST_VALUE}",
        ),
        (
            not (key.isprintable() and value.isprintable()),
            f"the tag {key!r} holds a character that cannot be shown, such as a line break",
        ),
    )
    return next((said for is_so, said in wrong if is_so), "")


Tags = Annotated[dict[str, str], AfterValidator(_accepted)]
"""Value by key, as EC2 takes them. An empty value is one."""
