"""Errors named by their cause. Each carries one sentence that says what was seen and a hint that says what to type.

One that has more to say says it in `lines`. No I/O. `exit_code` is the process exit code that the CLI returns for the error;
`ExitCode` is shown in `--help`.
"""

from collections.abc import Callable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of `orchestrate`."""

    OK = 0
    CHECKS_FAILED = 1
    USAGE = 2
    PROVIDER = 3
    CONVERGE = 4
    UNREACHABLE = 5
    INTERNAL_ERROR = 70
    """A fault of orchestrate itself; the number is that of EX_SOFTWARE in sysexits.h."""
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

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that a user reads."""
        return (self.cause, f"  try: {self.hint}")


class ConfigError(OrchestrateError):
    """The fleet file, the environment or a flag holds something that cannot be meant."""

    exit_code = ExitCode.USAGE


class UsageError(OrchestrateError):
    """The command asks for something that does not exist or is refused here."""

    exit_code = ExitCode.USAGE


class RefusedError(UsageError):
    """No stack exists for these cards and these wishes.

    Args:
        cause: what cannot be had.
        reasons: the facts that contradict each other, a line each, with their sources.
        hints: what works instead, at least one.
    """

    def __init__(self, cause: str, reasons: tuple[str, ...], hints: tuple[str, ...]) -> None:
        super().__init__(cause, hints[0])
        self.reasons = reasons
        self.hints = hints

    @property
    def lines(self) -> tuple[str, ...]:
        """Cause, reasons, and every way out."""
        return (
            self.cause,
            *(f"  {ground}" for ground in self.reasons),
            *(f"  try: {hint}" for hint in self.hints),
        )


class FleetBusyError(OrchestrateError):
    """Another process holds the fleet's lock."""

    exit_code = ExitCode.USAGE


class ProviderError(OrchestrateError):
    """A provider refused, or answered something that cannot be used."""


class CapacityError(ProviderError):
    """None of the places and types that were agreed to has room now. Nothing was spent."""


class QuotaError(ProviderError):
    """The account may not have that much."""


class NotAuthorizedError(ProviderError):
    """No credentials, expired ones, or ones that may not do this."""

    encoded = ""
    """What the provider says of it in a form that only itself can decode, whole; empty when it says nothing."""
    encoded_in = ""
    """The file that has it; empty where there is none."""

    def save_encoded(self, write: Callable[[str, bytes], object]) -> None:
        """Have what is encoded written to a file, where there is any: it is longer than a line of a terminal.

        Args:
            write: takes a name and the content, and returns the path.
        """
        if self.encoded:
            self.encoded_in = str(write("denied.txt", self.encoded.encode()))

    @property
    def lines(self) -> tuple[str, ...]:
        """As of every error, and how what was encoded is read."""
        if not self.encoded:
            return super().lines
        message = f"file://{self.encoded_in}" if self.encoded_in else self.encoded
        decode = f"aws sts decode-authorization-message --encoded-message {message} --query DecodedMessage --output text"
        return (*super().lines, f"  try: {decode}")


class ThrottledError(ProviderError):
    """The provider answered too often that it is too busy, or broken on its side."""


class InputRefusedError(ProviderError):
    """The provider does not know or does not accept something that it was given: an image, a subnet, a type."""

    exit_code = ExitCode.USAGE


class HostDiedError(ProviderError):
    """A host that the provider had taken on came to an end before anybody could log in."""


class EngineMissingError(ProviderError):
    """No container engine answers on this computer."""


class DiskFullError(OrchestrateError):
    """A write failed or would fail for lack of space."""


class ConvergeError(OrchestrateError):
    """A role failed on at least one host."""

    exit_code = ExitCode.CONVERGE


class HostNotReadyError(OrchestrateError):
    """A host cannot be made into what was planned, as it stands now. Nothing was changed on it."""

    exit_code = ExitCode.CONVERGE


class PythonMissingError(HostNotReadyError):
    """A host has no Python, or one that is too old to say what the host is."""


class SudoRefusedError(HostNotReadyError):
    """The operator's user may not become root on a host without a password."""


class GarbledAnswerError(HostNotReadyError):
    """A host answered something that cannot be read."""


class NoisyLoginError(HostNotReadyError):
    """A login shell prints something behind every command, so that a program's last line is not its own."""


class UnreachableError(OrchestrateError):
    """A host did not answer before its deadline, or the connection broke."""

    exit_code = ExitCode.UNREACHABLE


class HostKeyError(UnreachableError):
    """A host showed a key that is not the one on record, or none is on record."""
