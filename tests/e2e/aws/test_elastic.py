"""A rehearsed cluster whose hosts run while jobs need them: stopped by Slurm, started for a job, never more than may, with receipts.

Most of its minutes are the packages of Slurm and MariaDB.
"""

import json
import time

import pytest

from orchestrator.errors import ExitCode
from orchestrator.providers.aws.cluster.controller_role import role_name
from orchestrator.waiting import NotYet, wait_for
from tests.e2e.aws.account import Renter

pytestmark = [pytest.mark.containers, pytest.mark.landing]

FLEET = """\
distribution: debian-12
hosts: 3
roles: [base]
cluster:
  enabled: true
  controller: own
  # No NFS here, and nothing to share.
  shared_folder: /var/tmp
  idle_minutes: 0.3
  max_hosts: 1
limits: {max_hours: 0, max_cost_usd: 5}
"""
MAY_NOT = """\
import boto3, botocore.exceptions
ec2 = boto3.client("ec2", region_name="us-east-1", endpoint_url="http://169.254.169.254")
held = [each for held in ec2.describe_instances()["Reservations"] for each in held["Instances"]]
one = held[0]
for call in (
    lambda: ec2.terminate_instances(InstanceIds=[one["InstanceId"]]),
    lambda: ec2.run_instances(ImageId=one["ImageId"], InstanceType="g4dn.xlarge", MinCount=1, MaxCount=1),
):
    try:
        call()
    except botocore.exceptions.ClientError as error:
        print(error.response["Error"]["Code"])
"""


TOKEN = (
    *("curl", "--silent", "--show-error", "--request", "PUT", "http://169.254.169.254/latest/api/token"),
    *("--header", "X-aws-ec2-metadata-token-ttl-seconds:60"),
)
"""The first step to the instance's credentials."""


class Cluster:
    """What its user does, and what EC2 shows meanwhile."""

    def __init__(self, renter: Renter) -> None:
        self.renter = renter
        self.user = renter.user
        self.controller = f"{renter.fleet}-1"
        self.most = 0
        """So many hosts that compute were seen to run at once."""

    def on_controller(self, *words: str) -> str:
        said = self.user.run("ssh", self.controller, "--", *words)
        assert said.code == ExitCode.OK, said.err
        return said.out.strip()

    def running(self) -> list[str]:
        """The hosts that compute and run."""
        computing = [each for each in self.renter.instances() if each.get("AmiLaunchIndex")]
        found = [each["InstanceId"] for each in computing if each["State"]["Name"] in {"pending", "running"}]
        self.most = max(self.most, len(found))
        return found

    def until(self, count: int, timeout_s: float = 90) -> None:
        def probe() -> bool | NotYet:
            found = self.running()
            return len(found) == count or NotYet(f"{found} run")

        wait_for(f"{count} hosts that run", probe, timeout_s=timeout_s, interval_s=0.5)

    def queue(self) -> str:
        return self.on_controller("squeue", "--noheader", "--format=%i:%T:%r")


def test_hosts_run_while_jobs_need_them(renter: Renter) -> None:
    began = time.monotonic()
    renter.user.fleet_file(FLEET)
    up = renter.up("--no-validate")
    assert up.code == ExitCode.OK, up.err
    cluster = Cluster(renter)
    name = role_name(f"orchestrate-{owner_of(renter)}-{renter.fleet}")
    profiles = {
        each.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2] for each in renter.instances()
    }
    assert profiles == {"", name}

    cluster.until(0)
    told = renter.user.run("status").out
    assert told.count("stopped by Slurm, starts with the next job") == 2

    cluster.most = 0
    jobs = [
        cluster.on_controller("sbatch", "--parsable", f"--output=/var/tmp/{n}", "--wrap", "hostname; sleep 3")
        for n in (1, 2)
    ]
    both = cluster.on_controller("sbatch", "--parsable", "--nodes=2", "--wrap", "hostname")
    cluster.until(1)

    def done() -> bool | NotYet:
        cluster.running()
        queue = cluster.queue()
        return not any(f"{job}:" in queue for job in jobs) or NotYet(queue)

    wait_for("the jobs", done, timeout_s=150, interval_s=1)
    assert f"{both}:PENDING:" in cluster.queue(), "it would need more hosts than may run"
    cluster.on_controller("scancel", both)
    cluster.until(0)
    assert cluster.most == 1

    runs = json.loads(cluster.on_controller("sudo", "gpuhost", "elastic", "status", "--json"))["runs"]
    assert {run["host"] for run in runs} == {f"{renter.fleet}-2", f"{renter.fleet}-3"}
    assert "idle for 0.3 minutes" in {run["why"] for run in runs}
    assert all(run["usd"] == pytest.approx(run["hours"] * 0.526, abs=0.001) for run in runs)
    found = renter.user.run("status", "--json").json["bill"]["instances"]
    assert sum(len(each["runs"]) for each in found) >= len(runs) + 1

    line = json.dumps({**runs[0], "began": "2026-01-01T00:00:00+00:00", "hours": 9.5})
    for run in runs:
        earlier = line.replace(runs[0]["instance"], run["instance"]).replace(runs[0]["host"], run["host"])
        append = f"echo '{earlier}' >> /var/lib/orchestrate/elastic/runs.jsonl"
        cluster.on_controller("sudo", "sh", "-c", append)
    cluster.on_controller("sudo", "gpuhost", "elastic", "check")
    cluster.on_controller("sbatch", "--parsable", "--wrap", "hostname")
    assert "PENDING" in cluster.queue()
    reasons = cluster.on_controller("sinfo", "--noheader", "--format=%E")
    assert "its limit is 5 USD at 0.526 USD an hour" in reasons
    assert cluster.running() == []

    assert cluster.on_controller("sudo", *TOKEN)
    as_user = renter.user.run("ssh", cluster.controller, "--", *TOKEN)
    assert as_user.code != ExitCode.OK, "credentials are open to whoever has a job there"
    assert "Failed to connect to 169.254.169.254" in as_user.err

    refused = cluster.on_controller("sudo", "python3", "-c", MAY_NOT)
    assert refused.split() == ["UnauthorizedOperation"] * 2

    down = renter.user.run("down", "--yes", "--json")
    kinds = {line["resource"]["kind"] for line in down.json["lines"] if line["gone"]}
    assert {"iam-role", "instance-profile", "placement-group", "instance"} <= kinds
    assert all(line["gone"] for line in down.json["lines"])
    print(f"{time.monotonic() - began:.0f} s")


def owner_of(renter: Renter) -> str:
    (tag,) = {
        tag["Value"]
        for each in renter.instances()
        for tag in each["Tags"]
        if tag["Key"] == "orchestrate:owner"
    }
    return str(tag)
