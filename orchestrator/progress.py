"""What a stage tells while it works. The CLI decides how it looks; a stage never prints."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Progress(Protocol):
    """Receives what happens, from any thread. Every method returns at once and never raises."""

    def stage(self, name: str, detail: str) -> None:
        """A stage begins."""
        ...

    def host(self, host: str, topic: str, detail: str = "") -> None:
        """What one host is doing now; replaces what it did before.

        A log shows each topic of a host once in a stage, a terminal both as they change.
        """
        ...

    def note(self, text: str) -> None:
        """Something the user should read, such as a program about to be installed."""
        ...

    def paused(self) -> AbstractContextManager[None]:
        """For the block, nothing is written to the terminal: somebody is asked something there."""
        ...


class Silent:
    """Tells nobody."""

    def stage(self, name: str, detail: str) -> None:
        """See `Progress.stage`."""

    def host(self, host: str, topic: str, detail: str = "") -> None:
        """See `Progress.host`."""

    def note(self, text: str) -> None:
        """See `Progress.note`."""

    def paused(self) -> AbstractContextManager[None]:
        """See `Progress.paused`."""
        return nullcontext()
