"""How the report shows what hosts did together."""

from dataclasses import replace

from orchestrator.stages.report.charts import told_across
from orchestrator.stages.report.page import render_html
from tests.unit.stages.across.joint import HOSTS, certified, cluster_plan, joint_runs
from tests.unit.stages.proofs import runs
from tests.unit.stages.records import record


def test_the_page_has_the_efficiency_the_digest_and_every_pair_the_slowest_first() -> None:
    joint = joint_runs(device="GPU")
    shown = replace(
        record(),
        plan=cluster_plan(device="GPU"),
        certificate=certified(joint, device="GPU"),
        runs=(*runs(*HOSTS, device="GPU"), *joint),
    )
    page = render_html(shown)
    assert "efficiency 0.89" in page or "efficiency 0.88" in page
    assert "ceb2a505320f" in page
    for text in (
        "The hosts together",
        "Pairs of hosts",
        "sandbox-1 and sandbox-3",
        "nccl over infiniband, 400 Gbit/s",
    ):
        assert text in page


def test_the_slowest_pair_comes_first() -> None:
    (all_reduce, distributed) = joint_runs()
    rows = list(all_reduce.tables["pairs"])
    rows[2] = rows[2] | {"bus_gb_per_s": 0.2}
    told = told_across((replace(all_reduce, tables={"pairs": tuple(rows)}), distributed))
    assert told.pairs[0].hosts == "sandbox-2 and sandbox-3"
    assert told.pairs[0].speed == "0.2"
    assert told.pairs[0].least == "not known"


def test_what_hosts_do_each_by_itself_shows_nothing_of_it() -> None:
    assert not told_across(runs(*HOSTS))


def test_a_result_of_nonsense_is_shown_as_it_is() -> None:
    (all_reduce, _) = joint_runs()
    told = told_across((replace(all_reduce, tables={"pairs": ({"host": None, "other_host": 3},)}),))
    assert told.pairs[0].hosts == "None and 3"
    assert told.pairs[0].speed == "-"
