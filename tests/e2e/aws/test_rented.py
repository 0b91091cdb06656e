"""A host is rented, set up, proven to train, kept, and given back; what can go wrong on the way, a command each."""

import json
from pathlib import Path

import pytest

from orchestrator.errors import ExitCode
from orchestrator.providers.aws import tags
from orchestrator.rehearsal import find_rehearsal
from orchestrator.waiting import NotYet, wait_for
from tests.e2e.aws.account import Renter, assert_is_closed
from tests.e2e.user import User, in_the_engine

pytestmark = pytest.mark.containers


def test_the_whole_way(renter: Renter) -> None:
    """With the distribution that hosts on AWS have where nobody says another."""
    user, host = renter.user, f"{renter.fleet}-1"
    first = renter.up("--json")
    assert first.code == ExitCode.OK, first.err
    assert first.json["certificate"]["headline"].startswith("PASS (CPU-only)")
    assert says_it_is(user, host) == "ubuntu 24.04"
    assert [note for note in user.record("plan")["notes"] if "Debian 12 that says it is Ubuntu 24.04" in note]
    assert_is_closed(renter)
    assert_has_a_key_of_its_own(renter, host)
    kept = [path.read_bytes() for path in user.run_folder.rglob("*") if path.is_file()]
    assert not [text for text in kept if b"PRIVATE KEY" in text]
    assert user.run("ssh", host, "--", "hostname").code == ExitCode.OK

    again = renter.up()
    assert again.code == ExitCode.OK, again.err
    assert "changed=0" in again.out
    assert len(renter.instances()) == 1

    before = user.run("status", "--json").json["lifetimes"][0]["ends_at"]
    assert user.run("extend", "--hours", "3").code == ExitCode.OK
    assert user.run("status", "--json").json["lifetimes"][0]["ends_at"] > before
    assert "SSH is open to 127.0.0.1/32" in user.run("refresh-access").out
    assert_is_closed(renter)

    assert user.run("stop").out.split()[0] == "stopped"
    woken = renter.up("--no-validate")
    assert woken.code == ExitCode.OK, woken.err
    assert renter.states() == ["running"]

    down = user.run("down", "--yes", "--json")
    lines = down.json["lines"]
    assert {line["resource"]["kind"] for line in lines} == {
        "instance",
        "volume",
        "network-interface",
        "security-group",
        "key-pair",
    }
    assert all(line["gone"] and line["proof"].startswith("ec2 Describe") for line in lines)
    assert any(line["hours"] is not None and line["cost_usd"] is not None for line in lines)
    assert in_the_engine(renter.user) == ()


@pytest.mark.landing
def test_the_whole_way_from_an_image_that_has_a_driver_and_docker(renter: Renter) -> None:
    user, host = renter.user, f"{renter.fleet}-1"
    user.fleet_file(
        "aws: {image: deep-learning}\nstack: {builder: venv}\nvalidate: {epochs: 1, min_accuracy: 0.8}\n"
    )
    launched = renter.up("--until", "launch")
    assert launched.code == ExitCode.OK, launched.err
    programs = user.run("ssh", host, "--", "sha256sum", "/usr/bin/nvidia-smi", "/usr/bin/docker").out
    assert programs.count("/usr/bin/") == 2

    up = renter.up("--json")
    assert up.code == ExitCode.OK, up.err
    assert up.json["certificate"]["headline"].startswith("PASS (CPU-only)")
    plan = user.record("plan")
    assert "nvidia_driver" not in plan["roles"]
    assert [note for note in plan["notes"] if "driver 595, open modules, from the image" in note]
    (facts,) = user.record("preflight")["facts"]
    assert (facts["distribution"], facts["driver_origin"]) == ("ubuntu-24.04", "runfile"), "it is found"
    kept = user.run("ssh", host, "--", "sha256sum", "/usr/bin/nvidia-smi", "/usr/bin/docker").out
    assert kept == programs
    assert user.run("ssh", host, "--", "docker", "--version").out.startswith("Docker version 28")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("no-capacity", "no capacity; trying g4dn.xlarge in"),
        ("throttled", "up"),
        ("late-address", "up"),
        ("late-visibility", "up"),
        ("lost-reply", "up"),
        ("async-death", "asking for another"),
    ],
)
def test_what_another_try_cures_ends_with_one_host(next_renter: Renter, fault: str, said: str) -> None:
    up = next_renter.up("--until", "launch", "--fault", fault)
    assert up.code == ExitCode.OK, up.err
    assert said in up.err
    assert next_renter.states().count("running") == 1
    assert len([state for state in next_renter.states() if state not in {"terminated", "running"}]) == 0
    assert next_renter.user.run("down", "--yes").code == ExitCode.OK


@pytest.mark.parametrize(
    ("fault", "code", "cause", "hint"),
    [
        ("no-capacity-anywhere", ExitCode.PROVIDER, "no room for", "zones:"),
        (
            "no-quota",
            ExitCode.PROVIDER,
            "Running On-Demand G and VT instances",
            "request-service-quota-increase",
        ),
        ("unauthorized", ExitCode.PROVIDER, "UnauthorizedOperation", "aws-policy"),
        ("throttled-for-good", ExitCode.PROVIDER, "RequestLimitExceeded", ""),
        ("image-gone", ExitCode.USAGE, "InvalidAMIID.NotFound", ""),
        ("cloud-init-fails", ExitCode.CONVERGE, "cloud-init failed on", "cloud-init status --long"),
    ],
)
def test_what_nothing_cures_is_named_with_the_next_step_and_leaves_nothing_after_down(
    next_renter: Renter, fault: str, code: ExitCode, cause: str, hint: str
) -> None:
    up = next_renter.up("--until", "launch", "--fault", fault)
    assert up.code == code, up.err
    assert cause in up.err
    assert hint in up.hint
    down = next_renter.user.run("down", "--yes")
    assert down.code == ExitCode.OK, down.err


@pytest.mark.parametrize(
    "limits", ["{max_hours: 0.008}", "{max_hours: 0, max_cost_usd: 0.004}"], ids=["deadline", "budget"]
)
def test_a_limit_ends_a_host_whose_controller_was_killed(next_renter: Renter, limits: str) -> None:
    """Armed by user-data alone: no role has run. The clock is the host's; half a minute is waited for."""
    next_renter.user.fleet_file(f"stack: {{builder: venv}}\nlimits: {limits}\n")
    with next_renter.running() as up:
        up.wait_until_it_says("first boot")
        up.kill_9()
    assert next_renter.states() == ["running"]

    def ended() -> str | NotYet:
        (instance,) = next_renter.instances()
        seen: str = instance["State"]["Name"]
        reason: str = instance.get("StateReason", {}).get("Code", "")
        return reason if seen == "terminated" else NotYet(seen)

    assert wait_for("the end", ended, timeout_s=120) == "Client.InstanceInitiatedShutdown"
    assert next_renter.user.run("down", "--yes").code == ExitCode.OK


def test_spot_never_becomes_on_demand(next_renter: Renter) -> None:
    up = next_renter.up("--until", "launch", "--spot", "--fault", "no-capacity-anywhere", "--json")
    assert up.code == ExitCode.PROVIDER
    assert "on demand" not in up.err
    assert next_renter.instances() == []


def test_a_plan_names_what_it_would_make_and_makes_nothing(renter: Renter) -> None:
    plan = renter.user.run("plan", "--cloud", "aws", "--rehearse", "--json").json
    assert [line for line in plan["makes"] if "security group" in line]
    assert [line for line in plan["makes"] if f"instance {renter.fleet}-1" in line]
    beside = sum(each["usd_per_hour"] for each in plan["extras"])
    assert beside > 0, "a disk and an address"
    assert plan["most_usd"] == pytest.approx(24 * (plan["price_usd_per_hour"] + beside))
    assert find_rehearsal(renter.state) is None, "it ended, since nothing was in it"


def says_it_is(user: User, host: str) -> str:
    """What a host's os-release says."""
    said = user.run("ssh", host, "--", "cat", "/etc/os-release").out
    fields = dict(line.partition("=")[::2] for line in said.splitlines())
    return f"{fields['ID']} {fields['VERSION_ID'].strip(chr(34))}"


def assert_has_a_key_of_its_own(renter: Renter, host: str) -> None:
    """What it shows now is not what user-data held."""
    (instance,) = renter.instances()
    born = next(tag["Value"] for tag in instance["Tags"] if tag["Key"] == tags.HOST_KEY)
    known = (
        Path(renter.user.run_folder / "known_hosts").read_text(encoding="utf-8").split(maxsplit=1)[1].strip()
    )
    assert known != born
    pins = json.loads((renter.user.run_folder / "pins.json").read_text(encoding="utf-8"))
    assert pins == {instance["InstanceId"]: [known]}
    assert (
        renter.user.run("ssh", host, "--", "cat", "/etc/ssh/ssh_host_ed25519_key.pub").out.split()[1]
        == (known.split()[1])
    )
