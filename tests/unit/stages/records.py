"""Builders: the record of one `up`, whatever its end."""

from datetime import timedelta

from orchestrator.models import (
    Connection,
    ConvergeResult,
    Host,
    HostRecap,
    HostState,
    PhaseTime,
    Plan,
    RoleTime,
    WorkloadRun,
)
from orchestrator.stages.certify import certify
from orchestrator.stages.report import RunRecord
from tests.unit.stages.proofs import NOW, plan, runs


def host(name: str = "sandbox-1") -> Host:
    return Host(
        name=name,
        fleet="sandbox",
        provider_id=f"orchestrate-{name}",
        distribution="debian-12",
        state=HostState.RUNNING,
        connection=Connection.SSH,
        address="127.0.0.1",
        port=32768,
        user="admin",
        host_key="ssh-ed25519 AAAAC3",
    )


def record(*given: WorkloadRun, planned: Plan | None = None) -> RunRecord:
    """A record of these runs, judged as `up` would; of a whole pass when none are given."""
    planned = planned or plan()
    names = tuple(each.name for each in planned.hosts)
    given = given or runs(*names)
    return RunRecord(
        certificate=certify(planned, given, hosts=names, issued_at=NOW),
        plan=planned,
        hosts=tuple(map(host, names)),
        converge=ConvergeResult(
            run_id="c0ffee",
            finished_at=NOW - timedelta(minutes=2),
            recaps=tuple(HostRecap(host=name, ok=61, changed=42, failed=0, unreachable=0) for name in names),
            role_times=(
                RoleTime(role="base", seconds=21.4),
                RoleTime(role="ssh_server", seconds=9.8),
                RoleTime(role="ml_env", seconds=74.25),
                RoleTime(role="datasets", seconds=6.5),
            ),
        ),
        runs=given,
        phases=(
            PhaseTime(phase="plan", seconds=0.31),
            PhaseTime(phase="launch", seconds=46.02),
            PhaseTime(phase="converge", seconds=113.7),
            PhaseTime(phase="validate", seconds=51.93),
        ),
        orchestrate_version="0.1.0",
        generated_at=NOW + timedelta(seconds=2),
    )
