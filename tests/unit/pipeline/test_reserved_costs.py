"""Bills of hosts that were paid for beforehand, or that gave notice of their end."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.cli.render import cost_line
from orchestrator.ledger import bill, bill_lines, dollars, news, running_line
from orchestrator.models import InstanceStatus, Limits, Market, Offer
from orchestrator.pipeline.costs import record_interruptions
from orchestrator.providers.settings import AwsSettings
from tests.unit.pipeline.accounts import ADDRESS, DISK, HOUR, PRICE, fleet, planned
from tests.unit.providers.aws.reservations.reserving import block, reservation
from tests.unit.providers.aws.rig import request

pytestmark = pytest.mark.served


def test_a_spot_host_that_gave_notice_and_that_ec2_forgot_is_bounded_by_the_notice(tmp_path: Path) -> None:
    with fleet(tmp_path, AwsSettings(market=Market.SPOT)) as there:
        there.up(limits=Limits(max_hours=24))
        there.wait(2 * HOUR)
        (running,) = there.look().instances
        takes_back = there.cloud.clock.now() + timedelta(minutes=2)
        record_interruptions(there.journal, {"t-1": takes_back})
        record_interruptions(there.journal, {"t-1": takes_back})
        heard = there.journal.entries("ledger", InstanceStatus)
        later = takes_back + timedelta(hours=5)
        (gone,) = bill((*heard, *news(heard, (), later)), later).instances
        assert [each.interrupted_at for each in heard].count(takes_back) == 1
        assert gone.reason == (
            f"taken back by AWS: a spot host, by the notice that it read for {takes_back:%Y-%m-%d %H:%M:%S} UTC"
        )
        assert running.runs[0].started_at + timedelta(hours=2) <= gone.runs[0].ended_before
        assert gone.runs[0].ended_before <= takes_back + timedelta(minutes=2)


def test_a_host_in_a_block_costs_its_disk_and_address_and_the_bill_says_what_was_paid_before(
    tmp_path: Path,
) -> None:
    with fleet(tmp_path, AwsSettings(instance_types=("p4d.24xlarge",))) as there:
        id_, _ = block(there.cloud, hours=24)
        there.settings = replace(there.settings, capacity_reservation=id_)
        there.up()
        there.wait(3 * HOUR)
        found = there.look()
        receipt = there.down()
        assert receipt.bill is not None
        assert [line.cost_usd for line in receipt.lines if line.resource.kind == "instance"] == [0.0]
        assert dollars(receipt.bill.usd_most) == dollars(3 * (ADDRESS + DISK))
        assert running_line(found, "t").endswith(
            f"({id_}, a Capacity Block: all of its hours were paid for in advance, used or not)"
        )
        lines = bill_lines(receipt.bill)
        assert (
            f"p4d.24xlarge in us-east-1a, in a Capacity Block, its hours paid for in advance with {id_};"
            in lines[0]
        )
        assert (
            f"not in the sum: {id_}, a Capacity Block: all of its hours were paid for in advance, used or not"
            in lines
        )


def test_a_plan_in_a_block_names_no_price_an_hour_and_is_not_free_of_charge() -> None:
    offer = Offer(
        provider="aws", description="", available=True, reason="", price_usd_per_hour=0.0, prepaid=True
    )
    made = replace(planned(request()), offers=(offer,), price_usd_per_hour=0.0, most_usd=0.4)
    assert cost_line(made) == "fleet t on aws, hours paid for in advance, disks and addresses at most $0.40"


def test_a_host_in_a_reservation_costs_its_hours_and_the_bill_says_that_the_rest_is_paid_for_too(
    tmp_path: Path,
) -> None:
    with fleet(tmp_path) as there:
        id_ = reservation(there.cloud)
        there.settings = replace(there.settings, capacity_reservation=id_)
        there.up()
        there.wait(3 * HOUR)
        receipt = there.down()
        assert receipt.bill is not None
        assert dollars(receipt.bill.usd_most) == dollars(3 * (PRICE + ADDRESS + DISK))
        assert [each for each in receipt.bill.incomplete if id_ in each] == [
            f"{id_}, a capacity reservation: what no host uses of it is paid for until it is cancelled, and `down` does not cancel it"
        ]
