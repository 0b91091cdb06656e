"""What the container engine's error messages mean. Pure.

Only messages known word for word get a name of their own; every other one is passed on as it is.
"""

import re

from orchestrator.errors import DiskFullError, EngineMissingError, OrchestrateError, ProviderError


class NotThereError(ProviderError):
    """The engine does not know the container, image or network that was named."""


class RemovalRunsError(ProviderError):
    """What should be removed is being removed by another call."""


class NameTakenError(ProviderError):
    """A container or network of that name exists already."""


# Lower case, from Docker 20 to 28 and Podman 4 to 5.
_NOT_ANSWERING = re.compile(
    "cannot connect to the docker daemon"
    "|error during connect"
    "|permission denied while trying to connect to the docker daemon"
    "|cannot connect to podman"
    "|setpriv: failed to execute"
)
_NO_SPACE = "no space left on device"
_NO_SUBNET = "non-overlapping ipv4 address pool"
_NAMED: tuple[tuple[re.Pattern[str], type[ProviderError]], ...] = (
    (
        re.compile(
            "no such (container|image|network|object|volume)"
            "|no container with name or id"
            "|image not known"
            "|network not found"
            "|unable to find network with name or id"
            r"|network \S+ not found"
        ),
        NotThereError,
    ),
    (re.compile("is already in progress"), RemovalRunsError),
    (re.compile("is already in use by|network with name|network already exists"), NameTakenError),
)


def translate(program: str, argv: tuple[str, ...], message: str) -> OrchestrateError:
    """The named error for a refused call.

    Args:
        program: `docker` or `podman`.
        argv: the call's words after the program.
        message: the engine's standard error, whole.
    """
    said = message.lower()
    cause = f"{program} {' '.join(argv[:2])}: {one_line(message)}"
    if _NOT_ANSWERING.search(said):
        return missing(cause)
    for pattern, kind in _NAMED:
        if pattern.search(said):
            return kind(cause, "run the command again")
    if _NO_SPACE in said:
        return DiskFullError(cause, f"free some space: `{program} system df` shows what takes it")
    if _NO_SUBNET in said:
        return ProviderError(cause, f"remove networks that nothing uses: `{program} network prune`")
    return ProviderError(cause, f"see what `{program} info` says, then run the command again")


def missing(cause: str) -> EngineMissingError:
    """No engine answers; `cause` says what was seen instead."""
    return EngineMissingError(f"no container engine answers: {cause}", "orchestrate doctor --fix")


def one_line(message: str) -> str:
    """The line that says what went wrong: engines put it last, and usage hints after an empty line."""
    first_part = message.strip().split("\n\n", maxsplit=1)[0]
    lines = [line.strip() for line in first_part.splitlines() if line.strip()]
    return lines[-1].removeprefix("Error response from daemon: ") if lines else ""
