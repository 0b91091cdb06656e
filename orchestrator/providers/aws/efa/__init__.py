"""Elastic Fabric Adapter: which types have it, and the rules that its traffic needs."""

from orchestrator.providers.aws.efa.rules import authorize_own_traffic
from orchestrator.providers.aws.efa.types import cards, with_efa

__all__ = ["authorize_own_traffic", "cards", "with_efa"]
