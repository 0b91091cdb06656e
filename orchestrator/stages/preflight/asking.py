"""Ask hosts what they are: the probe of `gpuhost` is run there from memory. Nothing is written or changed on a host."""

import re
from contextlib import closing
from pathlib import Path

from orchestrator.computer.programs import packed
from orchestrator.errors import GarbledAnswerError, HostNotReadyError, PythonMissingError, SudoRefusedError
from orchestrator.models import Host, HostFacts
from orchestrator.remote import OLDEST_PYTHON, Completed, run_from_memory, shell_of
from orchestrator.sanitize import sanitized_json
from orchestrator.stages.preflight.places import Places
from orchestrator.waiting import for_each

PROGRAM = ("gpuhost/*.py", "gpuhost/probe/*.py")


def probe(hosts: tuple[Host, ...], key: Path | None, places: Places) -> tuple[HostFacts, ...]:
    """Ask every host at the same time; the answers come in the hosts' order.

    Args:
        hosts: whom to ask.
        key: the fleet's private key; None means the user's agent and SSH configuration decide.
        places: where what we install would lie.

    Raises:
        PythonMissingError: no Python, or one older than 3.9.
        SudoRefusedError: root's rights are needed to see everybody's processes, and sudo asks for a password.
        GarbledAnswerError: something else than the facts came back.
        UnreachableError: no connection, or it broke.
    """
    program = packed(*PROGRAM, main="gpuhost.probe")

    def ask(host: Host) -> HostFacts:
        with closing(shell_of(host, key=key)) as shell:
            return facts_from(host, run_from_memory(shell, program, places.patterns))

    return for_each(hosts, ask)


def facts_from(host: Host, answer: Completed) -> HostFacts:
    """What the host said, or why it said nothing. Raises as `probe`."""
    from pydantic import TypeAdapter

    if answer.exit_code != 0:
        raise _refused(host, answer)
    # What a login script prints comes before it.
    said = answer.stdout.strip().rpartition("\n")[2]
    try:
        return TypeAdapter(HostFacts).validate_python({**sanitized_json(said), "host": host.name})
    except (TypeError, ValueError) as error:  # pydantic and DocumentError are ValueErrors
        raise GarbledAnswerError(
            f"{host.name} answered {said[:60]!r}, which cannot be read: {str(error).splitlines()[0]}",
            f"see that `ssh {host.address} true` prints nothing, then repeat the command",
        ) from error


def _refused(host: Host, answer: Completed) -> HostNotReadyError:
    user = host.user or "your user"
    said = answer.stderr.strip().rpartition("\n")[2] or f"exit code {answer.exit_code}"
    if "sudo" in said and "python3" not in said:
        return SudoRefusedError(
            f"{host.name}: {user} cannot become root there: {said}",
            f"on {host.name}: echo '{user} ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/{user}",
        )
    older = re.fullmatch(r"too old: ([\d.]+)", said)
    if older:
        return PythonMissingError(
            f"{host.name} has Python {older[1]}, and {'.'.join(map(str, OLDEST_PYTHON))} is the oldest that will do",
            f"give {host.name} a distribution that has it: Debian 12 or newer, Ubuntu 22.04 or newer",
        )
    if "not found" in said or "No such file" in said:
        return PythonMissingError(
            f"{host.name} has no Python: {said}", f"on {host.name}: sudo apt-get install python3"
        )
    return GarbledAnswerError(
        f"{host.name} could not say what it is: {said}", f"on {host.name}: see that `sudo python3 -V` works"
    )
