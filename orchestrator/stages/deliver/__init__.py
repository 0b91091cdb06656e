"""Have a fleet's hosts sign its certificate, and put it on those that show it or look after it. Hosts side by side."""

import secrets
import shlex
from contextlib import closing

from orchestrator.errors import ConvergeError, OrchestrateError
from orchestrator.jobs.program import PROGRAM, workloads_program
from orchestrator.jobs.unit import read_facts
from orchestrator.journal import Journal
from orchestrator.models import Host, Plan, WorkloadRun
from orchestrator.progress import Progress
from orchestrator.remote import Shell, shell_of
from orchestrator.sanitize import sanitized_line
from orchestrator.stages.deliver.proof import FOLDER, proof_of
from orchestrator.stages.deliver.signatures import SIGNATURES, sign
from orchestrator.waiting import for_each

ACCEPT = ("/usr/local/lib/orchestrate/gpuhost", "recheck", "accept", "/etc/orchestrate/recheck.json")
"""What a host with role `recheck` runs once a certificate was delivered."""
_SHOWN, _RECHECKED = "host_page", "recheck"
"""The roles that have a use for the certificate on the host."""
_CERTIFICATE, _REPORT, _PROOF = "certificate.json", "report.html", "proof.json"

# Each file takes the place of the older one in one step: the page is read at any moment.
_MOVE = (
    'umask 022; mkdir -p "$1" && for file in "$2".*; do name=${file#"$2".}; '
    'cp "$file" "$1/.$name" && mv "$1/.$name" "$1/$name" && rm -f "$file" || exit 1; done'
)


def is_shown(plan: Plan) -> bool:
    """Whether the hosts have a page that shows the certificate."""
    return _SHOWN in plan.roles


def is_rechecked(plan: Plan) -> bool:
    """Whether the hosts look after the certificate."""
    return _RECHECKED in plan.roles and plan.role_vars.get(f"{_RECHECKED}_state") != "absent"


def deliver(
    hosts: tuple[Host, ...],
    journal: Journal,
    progress: Progress,
    *,
    plan: Plan,
    runs: tuple[WorkloadRun, ...],
) -> None:
    """Have every host sign the certificate of the run folder with its own host key: `signatures/<host>.sig`.

    Where the plan has role `host_page`, certificate.json with its signature and report.html go to `FOLDER` on every host, mode 0644;
    where it has role `recheck`, the certificate, and what the host needs to look after it. A host that cannot be reached, or refuses,
    is named and left as it is: the certificate is issued all the same.

    Args:
        hosts: of the fleet.
        journal: the fleet's.
        progress: told of hosts that did not.
        plan: what was to be proved.
        runs: the jobs that the certificate rests on.
    """
    certificate = (journal.folder / _CERTIFICATE).read_bytes()
    rechecked = is_rechecked(plan)
    report = {_REPORT: (journal.folder / _REPORT).read_bytes()} if is_shown(plan) else {}
    program = workloads_program() if rechecked else b""

    def to(host: Host) -> None:
        try:
            with closing(shell_of(host, key=journal.private_key)) as shell:
                signature = sign(shell, certificate)
                journal.write_file(f"{SIGNATURES}/{host.name}.sig", signature)
                if not (report or rechecked):
                    return
                files = {_CERTIFICATE: certificate, f"{_CERTIFICATE}.sig": signature, **report}
                if rechecked:
                    user = read_facts(shell).user
                    proof = proof_of(certificate, plan, runs, host=host.name, user=user)
                    files |= {PROGRAM: program, _PROOF: proof} if proof else {}
                _put(shell, files)
                if rechecked:
                    _run(shell, ACCEPT)
        except OrchestrateError as error:
            missed = "sign or take" if report or rechecked else "sign"
            progress.note(f"{host.name} does not {missed} the new certificate: {error.cause}")

    for_each(hosts, to)


def _put(shell: Shell, files: dict[str, bytes]) -> None:
    """By way of files of the operator's own, since only root may write to the folder."""
    ours = f"/tmp/orchestrate-{secrets.token_hex(8)}"  # noqa: S108  nobody can guess it
    for name, content in files.items():
        shell.put(content, f"{ours}.{name}")
    _run(shell, ("sh", "-c", _MOVE, "move", FOLDER, ours))


def _run(shell: Shell, argv: tuple[str, ...]) -> None:
    """As root. Raises ConvergeError where it fails."""
    done = shell.run_as_root(argv)
    if done.exit_code:
        said = sanitized_line(done.stderr, limit=200)
        raise ConvergeError(said or f"{shlex.join(argv[:1])} ended with {done.exit_code}", "")
