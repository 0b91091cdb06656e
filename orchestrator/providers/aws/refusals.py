"""What AWS's error codes mean in our words. Pure: exact codes, no guessing from texts."""

from orchestrator.errors import ProviderError


def translated(error: Exception, what: str) -> ProviderError:
    """The error of ours that says what kind of refusal it is."""
    return ProviderError(f"AWS refused {what}: {error}", "orchestrate status")
