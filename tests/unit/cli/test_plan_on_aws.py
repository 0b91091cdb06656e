"""`--cloud aws` without credentials: a plan from the catalog that says so, a refusal before anybody is asked, no launch."""

import json
from pathlib import Path

import pytest

from orchestrator.errors import ExitCode
from tests.unit.cli.typed import typed


def test_a_retired_type_is_refused_with_its_date_and_the_nearest(tmp_path: Path) -> None:
    said = typed(tmp_path, "plan", "--cloud", "aws", "--instance-type", "g2.2xlarge")
    assert (said.returncode, said.stdout) == (ExitCode.USAGE, "")
    lines = said.stderr.splitlines()
    assert lines[0] == "refused: g2.2xlarge"
    assert any(line.startswith("  AWS retired g2.2xlarge by 2026-10") for line in lines)
    assert "  try: orchestrate plan --cloud aws --instance-type g4dn.xlarge  # " in said.stderr


def test_a_type_on_offer_is_shown_with_its_stack_and_a_dated_price(tmp_path: Path) -> None:
    said = typed(tmp_path, "plan", "--cloud", "aws", "--instance-type", "g4dn.xlarge", "--hosts", "2")
    assert said.returncode == ExitCode.OK, said.stderr
    assert "fleet sandbox on aws, $1.05 an hour, at most $26.02 with disks and addresses" in said.stdout
    assert (
        "from      g4dn.xlarge, Linux on demand, us-east-1's list price of 2026-07-20, $0.53 an hour each"
        in said.stdout
    )
    assert "stack     for sandbox-1, sandbox-2: Tesla T4 on ubuntu-24.04, x86_64" in said.stdout
    assert (
        "roles     base, ssh_server, lifetime, nvidia_driver, conda, ml_env, datasets, recheck, gpu_telemetry, gpu_leases"
        in said.stdout
    )
    assert "note      nothing was tried on a real Ubuntu 24.04 yet" in said.stdout
    assert "AWS was not asked" in said.stderr
    assert "there are no credentials" in said.stderr


def test_a_wish_that_the_card_cannot_fulfil_is_refused_in_the_words_of_resolve(tmp_path: Path) -> None:
    wish = ("--instance-type", "g4dn.xlarge", "--gpu-memory", "40000")
    planned = typed(tmp_path, "plan", "--cloud", "aws", *wish).stderr.splitlines()
    resolved = typed(tmp_path, "resolve", *wish).stdout.splitlines()
    reasons = [line for line in resolved if not line.startswith("  try: ")]
    assert planned[: len(reasons)] == reasons
    assert [line.replace("plan --cloud aws", "resolve") for line in planned if "--instance-type" in line] == [
        line for line in resolved if "--instance-type" in line
    ]


def test_the_plan_is_one_json_object_with_the_stack_of_each_host(tmp_path: Path) -> None:
    said = typed(tmp_path, "plan", "--cloud", "aws", "--json")
    plan = json.loads(said.stdout)
    assert plan["stacks"]["sandbox-1"]["hardware"]["gpus"] == ["Tesla T4"]
    assert plan["offers"][0]["price_usd_per_hour"] == plan["price_usd_per_hour"] == 0.526


@pytest.mark.parametrize("command", [("up", "--yes"), ("status",), ("gc",)])
def test_without_credentials_nothing_is_launched_and_the_next_step_is_named(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    said = typed(tmp_path, *command, "--cloud", "aws")
    assert said.returncode == ExitCode.PROVIDER
    cause, hint = said.stderr.splitlines()[-2:]
    assert "there are no credentials" in cause
    assert hint == "  try: aws configure, or set AWS_PROFILE; to try without: --rehearse"


def test_the_cheapest_types_are_tried_in_the_order_of_their_price(tmp_path: Path) -> None:
    said = typed(tmp_path, "plan", "--cloud", "aws", "--cheapest", "--gpu-memory", "16", "--json")
    offers = json.loads(said.stdout)["offers"]
    prices = [offer["price_usd_per_hour"] for offer in offers]
    assert offers[0]["description"].startswith("g4dn.xlarge,")
    assert prices == sorted(prices)
    assert len(prices) > 2


def test_more_memory_than_any_card_has_is_refused(tmp_path: Path) -> None:
    said = typed(tmp_path, "plan", "--cloud", "aws", "--cheapest", "--gpu-memory", "400GiB")
    assert said.returncode == ExitCode.USAGE
    assert said.stderr.startswith("no EC2 type on offer has 409600 MiB on one card")
