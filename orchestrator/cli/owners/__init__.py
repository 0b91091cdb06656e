"""Fleets that carry somebody else's mark: named, shown, and taken over when their owner asks for it."""

from orchestrator.cli.owners.adoption import adopt, adopt_first, adopt_option
from orchestrator.cli.owners.others import tell_others

__all__ = ["adopt", "adopt_first", "adopt_option", "tell_others"]
