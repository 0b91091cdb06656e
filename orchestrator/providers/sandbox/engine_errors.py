"""What the container engine's error messages mean. Pure.

Only messages known word for word get a name of their own; every other one is passed on as it is.
"""

import re

from orchestrator.errors import DiskFullError, EngineMissingError, OrchestrateError, ProviderError
from orchestrator.providers.sandbox.support import ADD_USER_IDS, DELEGATE, LOG_IN_AGAIN


class NotThereError(ProviderError):
    """The engine does not know the container, image or network that was named."""


class RemovalRunsError(ProviderError):
    """What should be removed is being removed by another call."""


class NameTakenError(ProviderError):
    """A container or network of that name exists already."""


# Lower case, from Docker 20 to 29 and Podman 3 to 5.
_NOT_ANSWERING = re.compile(
    "cannot connect to the docker daemon"
    "|failed to connect to the docker api"
    "|error during connect"
    "|permission denied while trying to connect to the docker (daemon|api)"
    "|cannot connect to podman|unable to connect to podman"
    "|cannot setup namespace using new[ug]idmap"
    r"|client version \S+ is too old"
    "|setpriv: failed to execute"
)
_NO_SPACE = "no space left on device"
_REMEDIES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            "non-overlapping ipv4 address pool|could not find free subnet|all predefined address pools have been"
        ),
        "remove networks that nothing uses: `{program} network prune`",
    ),
    (
        re.compile("insufficient [ug]ids or [ug]ids available in user namespace"),
        f"`{ADD_USER_IDS}`, then `podman system migrate`",
    ),
    (
        re.compile(r"requested cgroup controller|controller `\w+` is not available|nanocpus can not be set"),
        DELEGATE,
    ),
    (
        re.compile("tap device|/dev/net/tun"),
        "`sudo modprobe tun`, then `sudo chmod 0666 /dev/net/tun`: rootless networks need it",
    ),
    (
        re.compile("interactive authentication required|sd-bus call|dial unix .*/systemd/private"),
        LOG_IN_AGAIN,
    ),
    (
        re.compile("no chain/target/match by that name|chain 'docker\\S*' does not exist"),
        "`sudo systemctl restart docker`: the firewall was reloaded and has lost its rules",
    ),
    (
        re.compile("can't initialize iptables|table does not exist|module ip_tables not found"),
        "restart this computer where its kernel was upgraded, else `sudo modprobe ip_tables`",
    ),
    (
        re.compile(
            "netavark|aardvark|slirp4netns|could not find pasta|pasta failed|plugin type=|failed to find plugin"
        ),
        "orchestrate doctor --fix",
    ),
    (re.compile(r"open \S+: permission denied"), "orchestrate doctor"),
)
"""What mends a refusal; the rest of the message is passed on as it is."""
_UNKNOWN = "see what `{program} info` says, then run the command again"
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
    hint = next((hint for pattern, hint in _REMEDIES if pattern.search(said)), _UNKNOWN)
    return ProviderError(cause, hint.replace("{program}", program))


def missing(cause: str) -> EngineMissingError:
    """No engine answers; `cause` says what was seen instead."""
    return EngineMissingError(f"no container engine answers: {cause}", "orchestrate doctor --fix")


def one_line(message: str) -> str:
    """The line that says what went wrong: engines put it last, and usage hints after an empty line."""
    first_part = message.strip().split("\n\n", maxsplit=1)[0]
    lines = [line.strip() for line in first_part.splitlines() if line.strip()]
    return lines[-1].removeprefix("Error response from daemon: ") if lines else ""
