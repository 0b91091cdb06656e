"""Ask hosts what they are: the probe of `gpuhost` is run there from memory. Nothing is written or changed on a host."""

import re
from contextlib import closing
from pathlib import Path
from typing import Any

from orchestrator.ansible_hosts import sudoers_line, wants_terminal
from orchestrator.computer.content import collection_dir
from orchestrator.computer.zipapp import build_zipapp
from orchestrator.errors import (
    GarbledAnswerError,
    HostNotReadyError,
    NoisyLoginError,
    PythonMissingError,
    SudoRefusedError,
)
from orchestrator.models import Host, HostFacts
from orchestrator.remote import OLDEST_PYTHON, Completed, run_from_memory, shell_of
from orchestrator.sanitize import sanitized_json, sanitized_line
from orchestrator.stages.preflight.paths import InstallPaths
from orchestrator.type_adapters import adapter_of
from orchestrator.waiting import for_each

MOST = 10**12
"""MiB and watts: no machine has so much. An exbibyte is a little more."""

_ADDRESS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
_DEVICE_ID = re.compile(r"[0-9a-f]{4}")
"""As /sys/bus/pci/devices has them; a hint that says what to type has the address in it."""
_LONGEST = 4096
"""Characters of one fact: a path may have so many."""

INSTALL_PYTHON = "sudo apt-get update && sudo apt-get install --yes python3"
"""apt knows no package on a host where its lists were never fetched, as on a fresh one."""

PROGRAM = ("gpuhost/*.py", "gpuhost/probe/*.py")
"""The one program of a host, with this subcommand alone."""


def probe(hosts: tuple[Host, ...], key: Path | None, places: InstallPaths) -> tuple[HostFacts, ...]:
    """Ask every host at the same time; the answers come in the hosts' order.

    Args:
        hosts: whom to ask.
        key: the fleet's private key; None means the user's agent and SSH configuration decide.
        places: where what we install would lie.

    Raises:
        PythonMissingError: no Python, or one older than 3.9.
        SudoRefusedError: root's rights are needed to see everybody's processes, and sudo asks for a password.
        GarbledAnswerError: something else than the facts came back.
        NoisyLoginError: the login shell prints something when a command has ended.
        UnreachableError: no connection, or it broke.
    """
    program = build_zipapp(collection_dir(), *PROGRAM, main="gpuhost.__main__")

    def ask(host: Host) -> HostFacts:
        with closing(shell_of(host, key=key)) as shell:
            return facts_from(host, run_from_memory(shell, program, ("probe", *places.patterns)))

    return for_each(hosts, ask)


def facts_from(host: Host, answer: Completed) -> HostFacts:
    """What the host said, or why it said nothing. Raises as `probe`."""
    if answer.exit_code != 0:
        raise _refused(host, answer)
    if answer.behind:
        raise NoisyLoginError(
            f"{host.name}: the login shell prints {answer.behind[:60]!r} behind every command, and Ansible takes the last line for"
            " the answer",
            f"on {host.name}: take the `trap … EXIT` out of ~/.bashrc; what is printed before a command does no harm",
        )
    # What a login script prints comes before it.
    said = answer.stdout.strip().rpartition("\n")[2]
    try:
        facts = adapter_of(HostFacts).validate_python({**_on_lines(sanitized_json(said)), "host": host.name})
        _refuse_nonsense(facts)
    except (TypeError, ValueError) as error:  # pydantic and DocumentError are ValueErrors
        raise GarbledAnswerError(
            f"{host.name} answered {said[:60]!r}, which cannot be read: {str(error).splitlines()[0]}",
            f"see that `ssh {host.address} true` prints nothing, then repeat the command",
        ) from error
    return facts


def _on_lines(said: Any) -> Any:  # noqa: ANN401 - as json.loads
    """Every string on one line: a process may have a line feed in its name."""
    if isinstance(said, str):
        return sanitized_line(said, limit=_LONGEST)
    if isinstance(said, list):
        return [_on_lines(each) for each in said]
    if isinstance(said, dict):
        return {key: _on_lines(value) for key, value in said.items()}
    return said


def _refuse_nonsense(facts: HostFacts) -> None:
    """Raises ValueError where a fact has the right type and cannot be meant."""
    for card in facts.cards:
        if not _ADDRESS.fullmatch(card.address) or not _DEVICE_ID.fullmatch(card.device_id):
            raise ValueError(f"{card.address} and {card.device_id} are no PCI address and id")
        for watts in (card.power_limit_w, card.power_default_w):
            if watts is not None and not 0 <= watts < MOST:
                raise ValueError(f"{watts} W")
    if "/" not in facts.disk_free_mib:
        raise ValueError("it has no disk at /")
    if not all(0 <= mib < MOST for mib in (facts.memory_mib, *facts.disk_free_mib.values())):
        raise ValueError("nothing has so much room")


def _refused(host: Host, answer: Completed) -> HostNotReadyError:
    user = host.user or "your user"
    said = answer.stderr.strip().rpartition("\n")[2] or f"exit code {answer.exit_code}"
    if "must have a tty" in said:
        return wants_terminal(host.name, user)
    if "sudo" in said and "python3" not in said:
        return SudoRefusedError(
            f"{host.name}: {user} cannot become root there: {said}",
            f"on {host.name}: {sudoers_line(f'{user} ALL=(ALL) NOPASSWD: ALL')}",
        )
    older = re.fullmatch(r"too old: ([\d.]+)", said)
    if older:
        return PythonMissingError(
            f"{host.name} has Python {older[1]}, and {'.'.join(map(str, OLDEST_PYTHON))} is the oldest that will do",
            f"give {host.name} a distribution that has it: Debian 12 or newer, Ubuntu 22.04 or newer",
        )
    if "not found" in said or "No such file" in said:
        return PythonMissingError(f"{host.name} has no Python: {said}", f"on {host.name}: {INSTALL_PYTHON}")
    return GarbledAnswerError(
        f"{host.name} could not say what it is: {said}", f"on {host.name}: see that `sudo python3 -V` works"
    )
