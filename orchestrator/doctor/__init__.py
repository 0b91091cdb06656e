"""What this computer lacks to run `orchestrate`, and how that is mended. Installs nothing without being told to."""

from orchestrator.doctor.doctor import examine, exit_code, fix_and_examine
from orchestrator.doctor.values import Condition, Finding, Remedy

__all__ = ["Condition", "Finding", "Remedy", "examine", "exit_code", "fix_and_examine"]
