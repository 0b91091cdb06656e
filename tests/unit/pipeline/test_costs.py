"""Receipts to the cent, by the account's own clock: whoever ended a host, and whether anybody looked."""

from pathlib import Path

import pytest

from orchestrator.ledger import bill_lines, dollars
from orchestrator.models import Bill, Limits, Market, Receipt
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Fault, Kind
from tests.unit.pipeline.accounts import ADDRESS, DISK, HOUR, PRICE, STOPS, Fleet, fleet

pytestmark = pytest.mark.served


def costs(receipt: Receipt) -> list[tuple[str, float | None, bool]]:
    """Host, dollars for its hours, whether that is only the most."""
    lines = (line for line in receipt.lines if line.resource.kind == "instance")
    return [(line.resource.name, line.cost_usd, line.at_most) for line in lines]


def sums(bill: Bill | None) -> tuple[str, str]:
    assert bill is not None
    return dollars(bill.usd_least), dollars(bill.usd_most)


def cents(hours: float, existed: float | None = None) -> str:
    """What an ordinary host costs that runs, and exists, so many hours."""
    return dollars(hours * (PRICE + ADDRESS) + (hours if existed is None else existed) * DISK)


def test_up_and_down_cost_the_hours_in_between_with_disk_and_address(tmp_path: Path) -> None:
    with fleet(tmp_path) as there:
        there.up(hosts=2)
        there.wait(3 * HOUR)
        receipt = there.down()
        assert costs(receipt) == [("t-1", 1.578, False), ("t-2", 1.578, False)]
        assert sums(receipt.bill) == (dollars(2 * 3 * (PRICE + ADDRESS + DISK)),) * 2
        assert receipt.all_gone


def test_stop_and_start_are_two_runs_and_the_disk_is_paid_for_in_between(tmp_path: Path) -> None:
    with fleet(tmp_path) as there:
        there.up()
        there.wait(2 * HOUR)
        there.move(ReleaseAction.STOP)
        there.wait(10 * HOUR)
        there.move(ReleaseAction.START)
        there.wait(1 * HOUR)
        receipt = there.down()
        assert costs(receipt) == [("t-1", round(3 * PRICE, 4), False)]
        assert sums(receipt.bill) == (cents(3, existed=13),) * 2


def test_a_stop_and_start_at_the_console_that_nobody_saw_are_bounded(tmp_path: Path) -> None:
    with fleet(tmp_path) as there:
        there.up()
        (life,) = there.cloud.instances()
        ec2, id_ = Aws(there.cloud.admin_url).ec2("us-east-1"), life.instance.id
        there.wait(2 * HOUR)
        ec2.stop_instances(InstanceIds=[id_])
        ec2.describe_instances()
        there.wait(5 * HOUR)
        ec2.start_instances(InstanceIds=[id_])
        there.wait(1 * HOUR)
        receipt = there.down()
        assert costs(receipt) == [("t-1", round(8 * PRICE, 4), True)]
        assert receipt.bill is not None
        assert receipt.bill.usd_least < 3 * PRICE < receipt.bill.usd_most


def test_a_spot_host_that_was_taken_back_is_on_the_receipt(tmp_path: Path) -> None:
    with fleet(tmp_path, AwsSettings(market=Market.SPOT)) as there:
        there.cloud.inject(Fault(action="RunInstances", kind=Kind.RECLAIMED, seconds=2 * HOUR - 120))
        there.up()
        there.wait(60)
        there.look()
        there.wait(2.5 * HOUR)
        receipt = there.down()
        ((host, cost, at_most),) = costs(receipt)
        assert receipt.bill is not None
        (instance,) = receipt.bill.instances
        assert instance.usd_per_hour is not None
        assert (host, cost, at_most) == ("t-1", round(2 * instance.usd_per_hour, 4), False)
        assert instance.reason == "taken back by AWS: a spot host (Server.SpotInstanceTermination)"


@pytest.mark.parametrize("looked", [True, False])
def test_a_host_that_ended_at_its_deadline_cost_what_it_ran(tmp_path: Path, *, looked: bool) -> None:
    with fleet(tmp_path) as there:
        there.up(limits=Limits(max_hours=4))
        there.wait(4 * HOUR)
        there.power_off()
        if looked:
            there.look()
        there.wait(20 * 60)
        receipt = there.down()
        assert costs(receipt) == [("t-1", round(4 * PRICE, 4), False)]
        assert receipt.bill is not None
        assert receipt.bill.instances[0].reason.startswith("by itself, at its deadline (Client.")
        assert sums(receipt.bill) == (cents(4),) * 2


def test_a_host_that_nobody_used_cost_what_it_ran(tmp_path: Path) -> None:
    with fleet(tmp_path) as there:
        there.up(limits=Limits(max_hours=24, idle_minutes=30))
        there.wait(45 * 60)
        there.power_off()
        there.wait(15 * 60)
        assert costs(there.down()) == [("t-1", round(0.75 * PRICE, 4), False)]


def test_a_host_that_stopped_at_its_end_costs_its_disk_from_then_on(tmp_path: Path) -> None:
    with fleet(tmp_path) as there:
        there.up(limits=STOPS)
        there.wait(2 * HOUR)
        there.power_off()
        there.wait(0.5 * HOUR)
        now = there.look()
        assert now.usd_per_hour == pytest.approx(DISK)
        assert now.instances[0].state == "stopped"
        assert sums(now) == (cents(2, existed=2.5),) * 2


def test_what_the_provider_has_forgotten_costs_at_most_what_the_deadline_allowed(tmp_path: Path) -> None:
    with fleet(tmp_path) as there:
        there.up(hosts=2, limits=Limits(max_hours=4))
        there.wait(600)
        there.look()
        there.wait(4 * HOUR)
        forget(there, there.cloud.instances()[0].instance.id)
        there.wait(400 * HOUR)
        receipt = there.down()
        (forgotten, _) = costs(receipt)
        assert (forgotten[0], forgotten[2]) == ("t-1", True)
        assert forgotten[1] == pytest.approx(PRICE * (4 + 120 / 3600), abs=1e-3)
        assert receipt.bill is not None
        assert receipt.bill.instances[0].charges[0].hours_least == pytest.approx(600 / 3600)
        assert "ended while nobody looked" in receipt.bill.instances[0].reason
        assert "to at most" in bill_lines(receipt.bill)[-1]


def forget(there: Fleet, id_: str) -> None:
    """EC2 does not show an ended instance any more."""
    states = there.cloud.states
    with there.cloud.lock:
        life = states.by_id[id_]
        states.terminate(life)
        states.apply_due()
        for held in list(life.region.reservations.values()):
            if life.instance in held.instances:
                held.instances.remove(life.instance)


def test_a_fleet_name_that_is_used_again_pays_for_itself_alone(tmp_path: Path) -> None:
    with fleet(tmp_path) as there:
        there.up()
        there.wait(5 * HOUR)
        there.down()
        there.token = "t-another"
        there.up()
        there.wait(1 * HOUR)
        receipt = there.down()
        assert costs(receipt) == [("t-1", PRICE, False)]
        kinds = [line.resource.kind for line in receipt.lines]
        assert (kinds.count("volume"), kinds.count("network-interface")) == (1, 1)
        assert sums(receipt.bill) == (cents(1),) * 2


def test_a_host_that_died_as_it_was_born_costs_a_minute_at_the_least(tmp_path: Path) -> None:
    with fleet(tmp_path) as there:
        there.cloud.inject(
            Fault(action="RunInstances", kind=Kind.DIES, code="Server.InsufficientInstanceCapacity")
        )
        there.up()
        there.look()
        receipt = there.down()
        ((_, cost, _),) = costs(receipt)
        assert cost == pytest.approx(PRICE / 60, abs=1e-4)


def test_of_a_launch_that_failed_half_way_what_runs_is_on_the_ledger(tmp_path: Path) -> None:
    with fleet(tmp_path, AwsSettings(zones=("us-east-1a",))) as there:
        there.up()
        asked = there.begin(hosts=2)
        there.cloud.inject(Fault(action="RunInstances", code="VcpuLimitExceeded"))
        with pytest.raises(Exception, match="quota"):
            there.provider.launch(asked, lambda _kind, _name: None)
        there.wait(1 * HOUR)
        now = there.look()
        assert [each.host for each in now.instances] == ["t-1"]
        assert now.usd_per_hour == pytest.approx(PRICE + DISK + ADDRESS)


def test_a_lost_state_folder_leaves_what_ec2_shows_and_its_earlier_runs_bounded(tmp_path: Path) -> None:
    with fleet(tmp_path / "one") as there:
        there.up()
        there.wait(2 * HOUR)
        there.move(ReleaseAction.STOP)
        there.wait(1 * HOUR)
        there.move(ReleaseAction.START)
        there.wait(1 * HOUR)
        there.root = tmp_path / "another"
        found = there.look()
        least, most = sums(found)
        assert (least, most) == (
            dollars(PRICE + ADDRESS + 4 * DISK),
            dollars(4 * (PRICE + ADDRESS + DISK)),
        )
        assert not (tmp_path / "another" / "fleets").exists()


def test_a_ledger_whose_last_line_was_cut_off_goes_on(tmp_path: Path) -> None:
    with fleet(tmp_path) as there:
        there.up()
        path = there.journal.folder / "ledger.jsonl"
        path.write_bytes(path.read_bytes() + b'{"at": "2026-11-')
        there.wait(HOUR)
        there.look()
        there.wait(HOUR)
        assert costs(there.down()) == [("t-1", round(2 * PRICE, 4), False)]
