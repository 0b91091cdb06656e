"""Subnets that exist already: whether hosts can be launched into them and reached there."""

from orchestrator.providers.aws.subnets.routes import unreached, with_subnets

__all__ = ["unreached", "with_subnets"]
