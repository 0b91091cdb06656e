"""A forgotten flag never leads to a real account: here that account is a fake one that counts its calls."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.errors import ExitCode
from orchestrator.journal import Journal
from orchestrator.models import Plan
from orchestrator.rehearsal import Cloud
from orchestrator.rehearsal.session import record
from orchestrator.rehearsal.session.record import Record
from tests.unit.cli.typed import typed

pytestmark = pytest.mark.served

FAULT = ("--fault", "no-capacity")
ON_AWS = {"ORCHESTRATE_CLOUD": "aws"}


@pytest.fixture
def account() -> Iterator[Cloud]:
    with Cloud(settle_s=0) as cloud:
        yield cloud


def real(account: Cloud) -> dict[str, str]:
    """Variables with which a command reaches the account as it would reach AWS."""
    return {
        "AWS_ENDPOINT_URL": account.url,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
    }


def journal(home: Path, fleet: str = "lab") -> Journal:
    return Journal(fleet, home / "orchestrate")


def recorded(home: Path, *, rehearsed: bool, ended: bool = False) -> None:
    """A fleet that is on record as up, or as taken away."""
    planned = Plan(
        fleet="lab",
        cloud="aws",
        token="lab-1",
        hosts=(),
        user="admin",
        offers=(),
        roles=(),
        role_vars={},
        workloads=(),
        price_usd_per_hour=0.0,
        regions=("us-east-1",),
        rehearsed=rehearsed,
    )
    fleet = journal(home)
    fleet.record("begin", {"command": "orchestrate up"})
    fleet.save("plan", planned)
    if ended:
        fleet.end()


def under_way(home: Path, played: Cloud) -> None:
    """A rehearsal of the state folder: the process of this test plays it."""
    import psutil

    here = psutil.Process()
    played.control(record.HOLDINGS, lambda _: ["i-0123456789abcdef0"])
    record.write(home / "orchestrate", Record(pid=here.pid, url=played.url, started=here.create_time()))


@pytest.mark.parametrize(
    "command",
    [
        ("up", "--cloud", "aws", "--yes", *FAULT),
        ("plan", "--cloud", "aws", *FAULT),
        ("gc", "--cloud", "aws", "--yes", *FAULT),
        ("aws-policy", *FAULT),
        ("up", "--cloud", "aws", "--yes", "--no-rehearse", *FAULT),
    ],
    ids=lambda words: " ".join(words[:1]),
)
def test_a_fault_without_a_rehearsal_is_refused_and_nobody_is_asked(
    tmp_path: Path, account: Cloud, command: tuple[str, ...]
) -> None:
    said = typed(tmp_path, *command, variables=real(account))
    assert (said.returncode, said.stdout) == (ExitCode.USAGE, "")
    assert said.stderr.splitlines() == [
        "command line: aws.faults: no-capacity: faults are played in a rehearsal of AWS alone, and this is none",
        "  try: add --rehearse, or leave --fault out",
    ]
    assert account.calls() == ()


@pytest.mark.parametrize("command", ["status", "down", "bake"])
def test_faults_of_the_environment_keep_every_command_from_a_real_account(
    tmp_path: Path, account: Cloud, command: str
) -> None:
    said = typed(
        tmp_path, command, variables=real(account) | ON_AWS | {"ORCHESTRATE_AWS__FAULTS": "throttled"}
    )
    assert said.returncode == ExitCode.USAGE
    assert "ORCHESTRATE_AWS__FAULTS: aws.faults: throttled" in said.stderr
    assert account.calls() == ()


def test_a_fault_for_hosts_that_are_not_on_aws_is_refused(tmp_path: Path) -> None:
    said = typed(tmp_path, "plan", "--rehearse", *FAULT)
    assert said.returncode == ExitCode.USAGE
    assert said.stderr.splitlines()[-1] == "  try: add --cloud aws"


@pytest.mark.parametrize("command", [("status",), ("down", "--yes"), ("start",)])
def test_a_fleet_that_was_rehearsed_is_looked_for_in_the_rehearsal(
    tmp_path: Path, account: Cloud, command: tuple[str, ...]
) -> None:
    recorded(tmp_path, rehearsed=True)
    said = typed(tmp_path, *command, "--name", "lab", variables=real(account) | ON_AWS | no_engine(tmp_path))
    assert said.returncode == ExitCode.PROVIDER
    assert "engine" in said.stderr, "the rehearsal needs one"
    assert account.calls() == ()


@pytest.mark.parametrize("command", [("status",), ("down", "--yes")])
def test_a_rehearsed_fleet_that_was_taken_away_is_not_looked_for_in_a_real_account(
    tmp_path: Path, account: Cloud, command: tuple[str, ...]
) -> None:
    recorded(tmp_path, rehearsed=True, ended=True)
    typed(tmp_path, *command, "--name", "lab", variables=real(account) | ON_AWS | no_engine(tmp_path))
    assert account.calls() == ()


def test_a_real_fleet_is_looked_for_in_the_account_whatever_the_file_says_by_now(
    tmp_path: Path, account: Cloud
) -> None:
    recorded(tmp_path, rehearsed=False)
    (tmp_path / "fleet.yml").write_text("cloud: aws\naws: {rehearse: true}\n", encoding="utf-8")
    said = typed(tmp_path, "status", "--name", "lab", variables=real(account))
    assert said.returncode == ExitCode.OK, said.stderr
    assert {call.action for call in account.calls()} == {"DescribeInstances", "DescribeTags"}


def test_up_neither_turns_a_rehearsed_fleet_into_a_real_one_nor_the_other_way(
    tmp_path: Path, account: Cloud
) -> None:
    recorded(tmp_path, rehearsed=True)
    said = typed(tmp_path, "up", "--cloud", "aws", "--yes", "--name", "lab", variables=real(account))
    assert said.returncode == ExitCode.USAGE
    cause, hint = said.stderr.splitlines()[-2:]
    assert cause == "fleet lab is a rehearsal"
    assert hint.startswith("  try: add --rehearse; or ")
    assert account.calls() == ()


@pytest.mark.parametrize("command", [("gc", "--yes"), ("status",), ("down", "--yes", "--name", "other")])
def test_while_a_rehearsal_is_under_way_a_command_without_a_fleet_says_which_account_it_means(
    tmp_path: Path, account: Cloud, command: tuple[str, ...]
) -> None:
    with Cloud(settle_s=0) as played:
        under_way(tmp_path, played)
        said = typed(tmp_path, *command, variables=real(account) | ON_AWS)
    assert said.returncode == ExitCode.USAGE
    assert "a rehearsal is under way" in said.stderr
    assert account.calls() == ()


def test_gc_asks_the_real_account_when_that_was_said(tmp_path: Path, account: Cloud) -> None:
    with Cloud(settle_s=0) as played:
        under_way(tmp_path, played)
        said = typed(
            tmp_path,
            "gc",
            "--cloud",
            "aws",
            "--no-rehearse",
            "--region",
            "us-east-1",
            variables=real(account),
        )
        assert played.calls() == ()
    assert "nothing of ours" in said.stdout
    assert account.calls() != ()


def no_engine(home: Path) -> dict[str, str]:
    """A PATH without a container engine, so that no rehearsal begins."""
    (home / "bin").mkdir(exist_ok=True)
    return {"PATH": str(home / "bin")}
