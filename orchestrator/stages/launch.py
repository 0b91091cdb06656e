"""Make the fleet's hosts exist and wait until each lets us in. Host keys are made here, before the host is born."""

import subprocess
from contextlib import closing
from pathlib import Path

from orchestrator.errors import HostKeyError, OrchestrateError, UnreachableError
from orchestrator.journal import Journal
from orchestrator.models import Host, HostIdentity, HostState, LaunchRequest, Plan
from orchestrator.progress import Progress
from orchestrator.providers.base import Provider
from orchestrator.remote import shell_of
from orchestrator.waiting import DeadlineError, NotYet, for_each, wait_for

BOOT_TIMEOUT_S = 120.0


def launch(plan: Plan, provider: Provider, journal: Journal, progress: Progress) -> tuple[Host, ...]:
    """Make every planned host exist, start it, and return once each has let us log in.

    Raises:
        ProviderError: the provider refused.
        HostKeyError: a host shows another key than the one it was born with.
        UnreachableError: a host did not answer within 120 s; names the last thing seen.
    """
    if plan.cloud == "onprem":
        hosts, key = provider.find(plan.fleet), None
    else:
        found = provider.find(plan.fleet)
        key = fleet_key(journal, found)
        _tell_of_others(plan, found, progress)
        hosts = provider.launch(_request(plan, found, journal, key), journal.intend)
    for host in hosts:
        progress.host(host.name, "starting")
    ready = for_each(hosts, lambda host: _let_in(host, provider, key, progress))
    _forget_identities(journal)
    return ready


def fleet_key(journal: Journal, found: tuple[Host, ...]) -> Path:
    """The fleet's private key; made when the fleet has neither key nor hosts.

    Raises:
        OrchestrateError: hosts exist, but their key does not: nobody can log in to them any more.
    """
    path = journal.keys / "id_ed25519"
    if path.exists() and path.with_suffix(".pub").exists():
        return path
    if found:
        raise OrchestrateError(
            f"the SSH key of fleet {journal.fleet} is gone from {path.parent}, but its hosts exist",
            f"orchestrate down --name {journal.fleet}, then orchestrate up",
        )
    journal.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    _generate(path, comment=f"orchestrate {journal.fleet}")
    return path


def _tell_of_others(plan: Plan, found: tuple[Host, ...], progress: Progress) -> None:
    """A host that the plan does not name any more is left alone: what is on it may be wanted."""
    planned = {host.name for host in plan.hosts}
    for host in found:
        if host.name not in planned:
            progress.note(
                f"{host.name} is not in the plan any more and stays; `orchestrate down` removes the whole fleet"
            )


def _request(plan: Plan, found: tuple[Host, ...], journal: Journal, key: Path) -> LaunchRequest:
    """Add a fresh host key for every host; the provider uses those of hosts that do not exist yet."""
    alive = (HostState.RUNNING, HostState.STOPPED)
    born = {host.name for host in found if host.state in alive}
    missing = [host.name for host in plan.hosts if host.name not in born]
    identities = {name: _identity(journal, name) for name in missing}
    return LaunchRequest(
        fleet=plan.fleet,
        token=plan.token,
        hosts=plan.hosts,
        user=plan.user,
        authorized_key=key.with_suffix(".pub").read_text(encoding="utf-8").strip(),
        identities=identities,
    )


def _identity(journal: Journal, host: str) -> HostIdentity:
    path = journal.keys / f"host-{host}"
    _generate(path, comment=host)
    public_key = " ".join(path.with_suffix(".pub").read_text(encoding="utf-8").split()[:2])
    identity = HostIdentity(public_key=public_key, private_key=path.read_text(encoding="utf-8"))
    path.unlink()
    return identity


def _generate(path: Path, *, comment: str) -> None:
    """An Ed25519 key pair without a passphrase, by OpenSSH itself."""
    for stale in (path, path.with_suffix(".pub")):
        stale.unlink(missing_ok=True)
    argv = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path))
    try:
        subprocess.run(argv, check=True, capture_output=True, timeout=30)
    except FileNotFoundError as error:
        raise OrchestrateError("ssh-keygen is not installed", "orchestrate doctor --fix") from error
    except subprocess.CalledProcessError as error:
        raise OrchestrateError(
            f"ssh-keygen failed: {error.stderr.decode(errors='replace').strip()}", "orchestrate doctor"
        ) from error


def _forget_identities(journal: Journal) -> None:
    """Host keys are the hosts' own now."""
    for path in journal.keys.glob("host-*"):
        path.unlink()


def _let_in(host: Host, provider: Provider, key: Path | None, progress: Progress) -> Host:
    """Wait until the host runs and a login succeeds. A wrong host key ends the wait at once."""

    def probe() -> Host | NotYet:
        nonlocal host
        if host.state is not HostState.RUNNING or (not host.port and key is not None):
            host = next((seen for seen in provider.find(host.fleet) if seen.name == host.name), host)
            if host.state in {HostState.BROKEN, HostState.STOPPED}:
                raise UnreachableError(
                    f"{host.name} is {host.state} instead of running", "orchestrate down, then orchestrate up"
                )
            if host.state is not HostState.RUNNING:
                return NotYet(f"{host.name} is {host.state}")
        with closing(shell_of(host, key=key)) as shell:
            try:
                answer = shell.run(("true",))
            except HostKeyError:
                raise
            except UnreachableError as error:
                return NotYet(error.cause)
        return host if answer.exit_code == 0 else NotYet(answer.stderr.strip() or "`true` failed")

    try:
        ready = wait_for(host.name, probe, timeout_s=BOOT_TIMEOUT_S if key else 10.0)
    except DeadlineError as error:
        raise UnreachableError(
            f"{host.name} did not let us in within {error.timeout_s:g} s; last seen: {error.seen}",
            "orchestrate status; then orchestrate up goes on from here",
        ) from error
    progress.host(host.name, "up")
    return ready
