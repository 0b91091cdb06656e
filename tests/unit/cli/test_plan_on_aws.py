"""`--cloud aws`: a plan from the catalog, a refusal before anybody is asked, and a plain word that nothing is launched."""

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
    assert "fleet sandbox on aws, $1.05 an hour" in said.stdout
    assert (
        "from      g4dn.xlarge in us-east-1, Linux on demand, list price of 2026-07-20, $0.53" in said.stdout
    )
    assert "stack     for sandbox-1, sandbox-2: Tesla T4 on debian-12, x86_64" in said.stdout
    assert "roles     base, ssh_server, nvidia_driver, conda, ml_env, datasets" in said.stdout
    assert "note      launching on AWS is not there yet" in said.stdout


def test_a_wish_that_the_card_cannot_fulfil_is_refused_in_the_words_of_resolve(tmp_path: Path) -> None:
    wish = ("--instance-type", "g4dn.xlarge", "--gpu-memory", "40000")
    planned = typed(tmp_path, "plan", "--cloud", "aws", *wish).stderr.splitlines()
    resolved = typed(tmp_path, "resolve", *wish).stdout.splitlines()
    grounds = [line for line in resolved if not line.startswith("  try: ")]
    assert planned[: len(grounds)] == grounds
    assert [line.replace("plan --cloud aws", "resolve") for line in planned if "--instance-type" in line] == [
        line for line in resolved if "--instance-type" in line
    ]


def test_the_plan_is_one_json_object_with_the_stack_of_each_host(tmp_path: Path) -> None:
    said = typed(tmp_path, "plan", "--cloud", "aws", "--json")
    plan = json.loads(said.stdout)
    assert plan["stacks"]["sandbox-1"]["hardware"]["gpus"] == ["Tesla T4"]
    assert plan["offers"][0]["price_usd_per_hour"] == plan["price_usd_per_hour"] == 0.526


@pytest.mark.parametrize("command", ["up", "status"])
def test_nothing_is_launched_there_and_that_is_said_plainly(tmp_path: Path, command: str) -> None:
    said = typed(tmp_path, command, "--cloud", "aws")
    assert said.returncode == ExitCode.USAGE
    cause, hint = said.stderr.splitlines()
    assert cause == "launching hosts on aws is not there yet: it can be planned, and nothing more"
    assert "orchestrate plan --cloud aws" in hint
    assert not (tmp_path / "orchestrate" / "fleets").exists()
