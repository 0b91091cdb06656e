"""What the provider has to be allowed to do."""

from orchestrator.providers.aws.policy.document import INDIRECT, policy

__all__ = ["INDIRECT", "policy"]
