"""Errors named by their cause. Each carries one sentence that says what was seen and a hint that says what to type.

No I/O. `exit_code` is the process exit code that the CLI returns for the error; `ExitCode` is shown in `--help`.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of `orchestrate`."""

    OK = 0
    CHECKS_FAILED = 1
    USAGE = 2
    PROVIDER = 3
    CONVERGE = 4
    UNREACHABLE = 5
    INTERRUPTED = 130


class OrchestrateError(Exception):
    """Anything that ends a command with a cause and a next step.

    Args:
        cause: one line, no full stop: what was seen.
        hint: one line: what to type or change next. Printed behind `try:`.
    """

    exit_code = ExitCode.PROVIDER

    def __init__(self, cause: str, hint: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.hint = hint


class ConfigError(OrchestrateError):
    """The fleet file, the environment or a flag holds something that cannot be meant."""

    exit_code = ExitCode.USAGE


class UsageError(OrchestrateError):
    """The command asks for something that does not exist or is refused here."""

    exit_code = ExitCode.USAGE


class FleetBusyError(OrchestrateError):
    """Another process holds the fleet's lock."""

    exit_code = ExitCode.USAGE


class ProviderError(OrchestrateError):
    """A provider refused, or answered something that cannot be used."""


class EngineMissingError(ProviderError):
    """No container engine answers on this computer."""


class DiskFullError(OrchestrateError):
    """A write failed or would fail for lack of space."""


class ConvergeError(OrchestrateError):
    """A role failed on at least one host."""

    exit_code = ExitCode.CONVERGE


class UnreachableError(OrchestrateError):
    """A host did not answer before its deadline, or the connection broke."""

    exit_code = ExitCode.UNREACHABLE


class HostKeyError(UnreachableError):
    """A host showed a key that is not the one on record, or none is on record."""
