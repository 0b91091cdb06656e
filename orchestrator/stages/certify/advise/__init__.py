"""What a person needs beside a verdict: which link between card and framework broke, and what to do about each reason."""

from orchestrator.stages.certify.advise.actions import action_for
from orchestrator.stages.certify.advise.fallback import broken_link

__all__ = ["action_for", "broken_link"]
