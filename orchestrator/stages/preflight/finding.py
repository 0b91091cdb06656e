"""Something that stands in the way, before it is said of which host. A value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """An `Obstacle` without its host."""

    seen: str
    hint: str
    blocks: bool = False
    """True only where going on would fail or do harm."""
