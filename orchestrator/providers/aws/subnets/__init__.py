"""Subnets that exist already: whether hosts can be launched into them and reached there."""

from orchestrator.providers.aws.subnets.routes import missing_route, with_subnets

__all__ = ["missing_route", "with_subnets"]
