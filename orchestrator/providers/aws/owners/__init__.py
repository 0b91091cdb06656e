"""What other owners have under a fleet's name, and taking it over."""

from orchestrator.providers.aws.owners.adoption import Change, adopt, foreign

__all__ = ["Change", "adopt", "foreign"]
