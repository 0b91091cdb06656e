"""Have a fleet's hosts sign its certificate, and put certificate and report on those whose page shows them. Hosts side by side."""

import secrets
import shlex
from contextlib import closing

from orchestrator.errors import ConvergeError, UnreachableError
from orchestrator.journal import Journal
from orchestrator.models import Host
from orchestrator.progress import Progress
from orchestrator.remote import Shell, shell_of
from orchestrator.stages.deliver.signatures import SIGNATURES, sign
from orchestrator.waiting import for_each

FOLDER = "/var/lib/orchestrate/certificate"
_CERTIFICATE = "certificate.json"
_FILES = (_CERTIFICATE, "report.html")

# Each file takes the place of the older one in one step: the page is read at any moment.
_MOVE = (
    'umask 022; mkdir -p "$1" && for file in "$2".*; do name=${file#"$2".}; '
    'cp "$file" "$1/.$name" && mv "$1/.$name" "$1/$name" && rm -f "$file" || exit 1; done'
)


def deliver(hosts: tuple[Host, ...], journal: Journal, progress: Progress, *, shown: bool) -> None:
    """Have every host sign the certificate of the run folder with its own host key: `signatures/<host>.sig`.

    A host that cannot be reached, or refuses, is named and left as it is: the certificate is issued all the same.

    Args:
        hosts: of the fleet.
        journal: the fleet's.
        progress: told of hosts that did not.
        shown: also copy certificate.json with its signature, and report.html, to `FOLDER` on every host, mode 0644.
    """
    files = {name: (journal.folder / name).read_bytes() for name in _FILES}
    key = journal.private_key

    def to(host: Host) -> None:
        try:
            with closing(shell_of(host, key=key)) as shell:
                signature = sign(shell, files[_CERTIFICATE])
                journal.write_file(f"{SIGNATURES}/{host.name}.sig", signature)
                if shown:
                    _put(shell, files | {f"{_CERTIFICATE}.sig": signature})
        except (UnreachableError, ConvergeError) as error:
            missed = "sign or show" if shown else "sign"
            progress.note(f"{host.name} does not {missed} the new certificate: {error.cause}")

    for_each(hosts, to)


def _put(shell: Shell, files: dict[str, bytes]) -> None:
    """By way of files of the operator's own, since only root may write to the folder."""
    ours = f"/tmp/orchestrate-{secrets.token_hex(8)}"  # noqa: S108  nobody can guess it
    for name, content in files.items():
        shell.put(content, f"{ours}.{name}")
    move = ("sh", "-c", _MOVE, "move", FOLDER, ours)
    moved = shell.run_as_root(move)
    if moved.exit_code:
        raise ConvergeError(
            moved.stderr.strip() or f"{shlex.join(move[:1])} ended with {moved.exit_code}", ""
        )
