"""Elastic Fabric Adapter: which types have it, and the rules that its traffic needs."""

from orchestrator.providers.aws.efa.rules import let_hosts_talk
from orchestrator.providers.aws.efa.types import cards, with_efa

__all__ = ["cards", "let_hosts_talk", "with_efa"]
