"""What hosts say of their own end, and putting it off. Over SSH, all hosts at once; the hosts hold the truth."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orchestrator.errors import GarbledAnswerError, OrchestrateError, UnreachableError, UsageError
from orchestrator.journal import Journal
from orchestrator.models import Host, Market, Plan
from orchestrator.providers.aws.launch.user_data import DEADLINE_UNIT
from orchestrator.remote import Shell, shell_of
from orchestrator.sanitize import sanitized_json, sanitized_line, sanitized_time
from orchestrator.waiting import for_each

PROGRAM = "orchestrate-lifetime"
"""Role `lifetime` puts it there."""

MOST_USD = 1e9
"""No host's account comes to that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLifetime:
    """What one host says of its limits."""

    host: str
    ends_at: datetime | None
    """The earliest limit, if it runs on; None when there is none or the host does not say."""
    cost_usd: float | None
    """What its running time has come to at its price; None when it does not say."""
    statement: str
    """In a line."""
    limited: bool = True
    """False: role `lifetime` is not there."""
    interrupted_at: datetime | None = None
    """When EC2 takes this spot host back, by its notice; None while there is none."""


def read_lifetimes(journal: Journal, hosts: tuple[Host, ...]) -> tuple[HostLifetime, ...]:
    """Ask every host; one that does not answer says so in `statement`."""
    planned = journal.load("plan", Plan)

    def ask(host: Host) -> HostLifetime:
        try:
            with closing(shell_of(host, key=journal.keys / "id_ed25519")) as shell:
                found = _read_lifetime(host.name, shell)
                return found if found.limited else first_boot(host, planned, shell)
        except OrchestrateError as error:
            return HostLifetime(
                host=host.name, ends_at=None, cost_usd=None, statement=f"not asked: {error.cause}"
            )

    return for_each(hosts, ask)


def extend(journal: Journal, *, hours: float, usd: float) -> tuple[HostLifetime, ...]:
    """Add to deadline and budget of every host on record.

    Raises:
        UsageError: the fleet has no hosts.
        OrchestrateError: a host has no limits, or refused.
        GarbledAnswerError: a host says something else than its limits.
        UnreachableError: a host does not answer.
    """
    hosts = journal.load("hosts", tuple[Host, ...]) or ()
    if not hosts:
        raise UsageError(f"fleet {journal.fleet} has no hosts on record", "orchestrate up")
    planned = journal.load("plan", Plan)
    elastic = planned.cluster.compute if planned and planned.cluster and planned.cluster.elastic else ()
    more = (*(("--hours", f"{hours:g}") if hours else ()), *(("--usd", f"{usd:g}") if usd else ()))

    def put_off(host: Host) -> HostLifetime:
        with closing(shell_of(host, key=journal.keys / "id_ed25519")) as shell:
            answer = shell.run_as_root((PROGRAM, "extend", *more))
            if answer.exit_code != 0:
                raise OrchestrateError(
                    f"{host.name} did not take the extension: {_refusal(answer.stderr) or answer.exit_code}",
                    f"orchestrate ssh {host.name} -- sudo {PROGRAM} status",
                )
            return _read_lifetime(host.name, shell)

    def put_off_what_runs(host: Host) -> HostLifetime:
        try:
            return put_off(host)
        except UnreachableError:
            if host.name not in elastic:
                raise
            told = (
                "not put off: it does not answer, and may be stopped by Slurm; repeat it while the host runs"
            )
            return HostLifetime(host=host.name, ends_at=None, cost_usd=None, statement=told)

    return for_each(hosts, put_off_what_runs)


def first_boot(host: Host, planned: Plan | None, shell: Shell) -> HostLifetime:
    """Of a host that role `lifetime` has not been applied to: whether the timer of its user data will end it, and when."""
    if shell.run(("systemctl", "is-active", "--quiet", f"{DEADLINE_UNIT}.timer")).exit_code != 0:
        return HostLifetime(
            host=host.name, ends_at=None, cost_usd=None, statement="has no limits of its own", limited=False
        )
    hours = planned.limits.hours_at(host.price_usd_per_hour) if planned else 0.0
    armed = "by the timer of its first boot, which is armed"
    if not hours or host.started_at is None:
        return HostLifetime(host=host.name, ends_at=host.ends_at, cost_usd=None, statement=f"ends {armed}")
    ends_at = host.started_at + timedelta(hours=hours)  # the timer counts from each boot
    if host.market is Market.CAPACITY_BLOCK and host.ends_at:
        ends_at = min(ends_at, host.ends_at)  # a block's end comes first, and was armed with
    return HostLifetime(
        host=host.name, ends_at=ends_at, cost_usd=None, statement=f"ends {ends_at:%Y-%m-%d %H:%M} UTC {armed}"
    )


def _read_lifetime(host: str, shell: Shell) -> HostLifetime:
    answer = shell.run_as_root((PROGRAM, "status", "--json"))
    if answer.exit_code != 0:
        return HostLifetime(
            host=host, ends_at=None, cost_usd=None, statement="has no limits of its own", limited=False
        )
    try:
        return parse_lifetime(host, sanitized_json(answer.stdout))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise GarbledAnswerError(
            f"{host}: {PROGRAM} answers what cannot be read", "orchestrate up"
        ) from error


def parse_lifetime(host: str, said: dict[str, Any]) -> HostLifetime:
    """Raises ValueError, KeyError, TypeError, AttributeError or OverflowError where it is not what the role's program says."""
    ends_at = sanitized_time(said["ends_at"])
    cost = said.get("cost_usd")
    if isinstance(cost, bool) or not isinstance(cost, (int, float, type(None))):
        raise TypeError("no cost")
    if cost is not None and not 0 <= cost < MOST_USD:
        raise ValueError("no cost that can be meant")
    statement = (
        f"ends {ends_at:%Y-%m-%d %H:%M} UTC ({_line(said['reason'])})" if ends_at else "has no deadline"
    )
    notice = said.get("interruption") or {}
    taken = sanitized_time(notice.get("at"))
    if taken:
        statement = (
            f"EC2 takes this host back at {taken:%H:%M:%S} UTC ({_line(notice['action'])}), {statement}"
        )
    elif advised := sanitized_time(notice.get("advised_at")):
        statement = (
            f"EC2 said at {advised:%H:%M} UTC that it is likelier than others to be taken back, {statement}"
        )
    cost_usd = None if cost is None else float(cost)
    return HostLifetime(
        host=host, ends_at=ends_at, cost_usd=cost_usd, statement=statement, interrupted_at=taken
    )


def _line(said: object) -> str:
    return sanitized_line(str(said), limit=200)


def _refusal(said: str) -> str:
    """The program's own sentence, without the hint for whoever is logged in there."""
    lines = [line.strip() for line in said.splitlines()]
    return sanitized_line(" ".join(line for line in lines if not line.startswith("try:")), limit=300)
