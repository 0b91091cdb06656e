"""What commands say of money: after one that failed, of hosts that ended, of hosts that stand still."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.cli.context import read_spec
from orchestrator.cli.messages.costs import costs_on_error
from orchestrator.errors import ExitCode
from orchestrator.models import ConvergeResult, Limits
from orchestrator.providers.base import ReleaseAction
from orchestrator.rehearsal import Fault
from tests.unit.cli.test_endpoint import real
from tests.unit.cli.typed import typed
from tests.unit.pipeline.accounts import HOUR, Fleet, fleet
from tests.unit.providers.aws.network.accounts import PUBLIC_KEY

pytestmark = pytest.mark.served

NAMED = ("--name", "t")
RUNS = "1 host (t-1) runs, which costs $0.542 an hour: `orchestrate down --name t` ends it"


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Fleet]:
    """A fleet of the state folder of this home, in an account that stands for AWS."""
    root = tmp_path / "orchestrate"
    root.mkdir()
    (root / "owner").write_text("me\n", encoding="ascii")
    with fleet(root) as made:
        yield made


def test_a_fleet_whose_hosts_all_ended_is_not_one_without_hosts(tmp_path: Path, there: Fleet) -> None:
    there.up(limits=Limits(max_hours=2))
    there.wait(2 * HOUR)
    there.power_off()
    said = typed(tmp_path, "status", *NAMED, variables=real(there.cloud))
    assert said.returncode == ExitCode.PROVIDER
    assert "fleet t has no host left" in said.stdout
    assert "terminated: by itself, at its deadline (Client.InstanceInitiatedShutdown)" in said.stdout
    assert "g4dn.xlarge: 2.00 h, $1.05" in said.stdout
    assert "in all $1.08" in said.stdout
    assert "has no hosts" not in said.stdout


def test_whoever_asks_for_another_fleet_hears_of_the_one_that_is_on_record(
    tmp_path: Path, there: Fleet
) -> None:
    there.up()
    said = typed(tmp_path, "status", "--name", "other", "--cloud", "aws", variables=real(there.cloud))
    assert said.returncode == ExitCode.OK, said.stderr
    assert "fleet other has no hosts" in said.stdout
    assert "fleet t is on record here: `orchestrate status --name t`" in said.stdout


def test_a_receipt_has_what_ended_before_down_with_hours_disk_and_address(
    tmp_path: Path, there: Fleet
) -> None:
    there.up()
    there.wait(3 * HOUR)
    there.power_off()
    said = typed(tmp_path, "down", "--yes", *NAMED, variables=real(there.cloud))
    assert said.returncode == ExitCode.OK, said.stderr
    assert "3.00 h, $1.58" in said.stdout
    assert "disk of 100 GiB (gp3): 3.00 h, $0.03" in said.stdout
    assert "public IPv4 address: 3.00 h, $0.02" in said.stdout
    after = typed(tmp_path, "status", *NAMED, variables=real(there.cloud))
    assert after.returncode == ExitCode.OK
    assert "has no hosts" in after.stdout
    assert "its last receipt is" in after.stdout


def test_a_start_without_room_says_what_helps_and_what_it_costs_meanwhile(
    tmp_path: Path, there: Fleet
) -> None:
    there.up()
    there.wait(HOUR)
    there.move(ReleaseAction.STOP)
    there.cloud.inject(Fault(action="StartInstances", code="InsufficientInstanceCapacity", status=500))
    said = typed(tmp_path, "start", *NAMED, "--json", variables=real(there.cloud))
    assert said.returncode == ExitCode.PROVIDER
    lines = said.stderr.splitlines()
    assert "a stopped host can only start where it is" in lines[-3]
    assert "zones:" not in lines[-2]
    assert (
        lines[-1]
        == "1 host (t-1) is stopped, which costs $0.011 an hour: `orchestrate down --name t` ends it"
    )
    told = json.loads(said.stdout)
    assert told["error"]["hint"].startswith("`orchestrate start --name t`")
    assert told["running"]["usd_per_hour"] == pytest.approx(0.0111, abs=1e-4)


def test_a_stopped_host_shows_what_it_keeps_and_not_the_price_of_one_that_runs(
    tmp_path: Path, there: Fleet
) -> None:
    there.up()
    there.move(ReleaseAction.STOP)
    said = typed(tmp_path, "status", *NAMED, variables=real(there.cloud))
    assert "stopped: $0.011 an hour for what it keeps" in said.stdout
    assert "0.526" not in said.stdout


def test_an_up_that_failed_half_way_says_what_runs(tmp_path: Path, there: Fleet) -> None:
    there.up()
    there.cloud.inject(Fault(action="RunInstances", code="VcpuLimitExceeded"))
    (tmp_path / "fleet.yml").write_text(
        "name: t\ncloud: aws\nhosts: 2\naws: {ssh_from: [192.0.2.1/32], zones: [us-east-1a]}\n",
        encoding="utf-8",
    )
    said = typed(tmp_path, "up", "--yes", variables=real(there.cloud))
    assert said.returncode != ExitCode.OK
    assert said.stderr.splitlines()[-1] == RUNS


def test_where_the_account_does_not_answer_the_record_does(tmp_path: Path, there: Fleet) -> None:
    there.up()
    there.cloud.inject(Fault(action="*", code="UnauthorizedOperation", status=403))
    said = typed(tmp_path, "stop", *NAMED, variables=real(there.cloud))
    assert said.returncode == ExitCode.PROVIDER
    assert f"on record, because AWS does not say: {RUNS}" in said.stderr


def test_ctrl_c_says_what_runs_too(
    tmp_path: Path, there: Fleet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    there.up()
    spec = read_spec(None, {"name": "t", "cloud": "aws"})
    with pytest.raises(KeyboardInterrupt) as ended, costs_on_error(spec, there.look, as_json=True):
        raise KeyboardInterrupt
    assert ended.value.__notes__ == [RUNS]
    assert json.loads(capsys.readouterr().out)["running"]["usd_per_hour"] == pytest.approx(0.542, abs=1e-3)


def test_bake_extend_and_refresh_access_say_what_runs_where_they_fail(tmp_path: Path, there: Fleet) -> None:
    there.up()
    (host,) = there.provider.find("t")
    there.journal.save("hosts", (replace(host, address="127.0.0.1", port=9, host_key=PUBLIC_KEY),))
    there.journal.save(
        "converge", ConvergeResult(run_id="1", finished_at=datetime.now(UTC), recaps=(), role_times=())
    )
    there.cloud.inject(
        Fault(action="CreateImage", code="UnauthorizedOperation", status=403),
        Fault(action="DescribeSecurityGroups", code="UnauthorizedOperation", status=403),
    )
    for words, code in (
        (("bake", "--yes"), ExitCode.PROVIDER),
        (("extend", "--hours", "1"), ExitCode.UNREACHABLE),
        (("refresh-access",), ExitCode.PROVIDER),
    ):
        said = typed(tmp_path, *words, *NAMED, variables=real(there.cloud))
        assert (said.returncode, said.stderr.splitlines()[-1]) == (code, RUNS), said.stderr


def test_a_fault_of_our_own_says_what_runs_too(tmp_path: Path, there: Fleet) -> None:
    there.up()
    (host,) = there.provider.find("t")
    there.journal.save("hosts", (replace(host, address="127.0.0.1", port=9, host_key="ssh-ed25519 AAAAa"),))
    said = typed(tmp_path, "extend", "--hours", "1", *NAMED, variables=real(there.cloud))
    assert (said.returncode, said.stderr.splitlines()[-1]) == (ExitCode.INTERNAL_ERROR, RUNS)
