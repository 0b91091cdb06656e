"""Fleets that carry somebody else's mark: named, shown, and taken over when their owner asks for it."""

from orchestrator.cli.owners.adoption import adopt, adopt_first, adopt_option
from orchestrator.cli.owners.foreign import print_foreign

__all__ = ["adopt", "adopt_first", "adopt_option", "print_foreign"]
