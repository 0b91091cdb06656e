"""What hosts said of their users before they were taken away: kept for each, and shown afterwards."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.errors import OrchestrateError
from orchestrator.models import Host
from orchestrator.telemetry.record import keep, kept
from orchestrator.telemetry.values import HostUse, Reach, Use
from tests.unit.builders import host
from tests.unit.cli.typed import typed


def said(of: Host, held_s: float = 7200.0) -> HostUse:
    """An account of one user, at a dollar an hour."""
    use = Use(
        fleet=of.fleet,
        host=of.name,
        month="2026-11",
        user="ada",
        job="train",
        card="GPU-0",
        name="NVIDIA L40S",
        held_s=held_s,
        busy_s=held_s / 2,
        joules=3.6e6,
        usd=held_s / 3600,
    )
    return HostUse(host=of.name, fleet=of.fleet, reach=Reach.ANSWERED, uses=(use,))


def test_the_last_account_of_each_host_stays(tmp_path: Path) -> None:
    one, again = (replace(host("lab-1"), fleet="lab", provider_id=each) for each in ("i-1", "i-2"))
    keep(tmp_path, one, said(one, 60.0))
    keep(tmp_path, one, said(one))
    keep(tmp_path, again, said(again))
    found = kept(tmp_path, "lab")
    assert [(each.reach, each.uses[0].held_s) for each in found.values()] == [(Reach.GONE, 7200.0)] * 2
    assert kept(tmp_path, "other") == {}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "usage/lab").iterdir()} == {0o600}


def test_a_host_that_nobody_used_or_that_did_not_answer_takes_no_account_away(tmp_path: Path) -> None:
    keep(tmp_path, host("lab-1"), said(host("lab-1")))
    keep(tmp_path, host("lab-1"), HostUse(host="lab-1", fleet=host("lab-1").fleet, reach=Reach.DOWN))
    assert len(kept(tmp_path, host("lab-1").fleet)) == 1


def test_an_account_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "usage/lab").mkdir(parents=True)
    (tmp_path / "usage/lab/lab-1-0.json").write_text("{")
    with pytest.raises(OrchestrateError, match=r"lab-1-0\.json cannot be read"):
        kept(tmp_path, "lab")


@pytest.mark.parametrize("named", [(), ("lab",)], ids=["by its file", "by its name"])
def test_usage_counts_hosts_that_are_gone(tmp_path: Path, named: tuple[str, ...]) -> None:
    of = replace(host("lab-1"), fleet="lab")
    keep(tmp_path / "orchestrate", of, said(of))
    (tmp_path / "fleet.yml").write_text("name: lab\n", encoding="utf-8")
    config = ("--config", str(tmp_path / "fleet.yml"))
    shown = typed(tmp_path, "usage", *config, *named)
    assert shown.stdout.splitlines()[1].split() == ["ada", "2.00", "1.00", "1.00", "2.00"]
    assert "counted with them: 1 host that `down` took away" in shown.stdout
    told = json.loads(typed(tmp_path, "usage", "--json", *config, *named).stdout)
    assert [each["reach"] for each in told["hosts"]] == ["gone"]


def test_a_name_that_never_was_is_still_an_error(tmp_path: Path) -> None:
    """Of an inventory, so that no container engine has to answer."""
    (tmp_path / "hosts.ini").write_text("lab-1\n", encoding="utf-8")
    text = f"name: lab\ncloud: onprem\nonprem: {{inventory: {tmp_path}/hosts.ini}}\n"
    (tmp_path / "fleet.yml").write_text(text, encoding="utf-8")
    config = ("--config", str(tmp_path / "fleet.yml"))
    assert typed(tmp_path, "usage", *config, "other").returncode == 2
    of = replace(host("lab-1"), fleet="lab")
    keep(tmp_path / "orchestrate", of, said(of))
    said_of_both = typed(tmp_path, "usage", *config, "lab", "other")
    assert said_of_both.returncode == 2
    assert "neither a fleet nor a host is called other" in said_of_both.stderr
