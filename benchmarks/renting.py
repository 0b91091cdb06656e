"""What renting costs in calls and time, beside `ray up`, on the same fake EC2 in the same run.

    python benchmarks/renting.py

Needs a container engine, and installs Ray from the package index into an environment of its own (400 MB, kept in the cache
folder). Hosts are containers that real cloud-init boots, so seconds stand for what the programs add, not for what EC2 takes.
Prints calls until the first command on the host, seconds to RunInstances and to that command, what is left after `down`, and the
ratios. Judges nothing.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

from platformdirs import user_cache_path

from orchestrator.rehearsal import calls_so_far, close_rehearsal_when_empty, open_rehearsal

RAY = "ray[default]==2.60.0"
PROGRAMS = Path(sys.executable).parent
REGION = "us-east-1"
TIMEOUT_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One program's way to a host and back."""

    name: str
    calls: int
    """Of all services, until the first command ran."""
    to_launch_s: float
    to_command_s: float
    left: tuple[str, ...]


def main() -> None:
    """Both programs in turn."""
    # Ray attaches Amazon's own broad policies; moto has them only when told.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    with tempfile.TemporaryDirectory() as home:
        state = Path(home) / "orchestrate"
        url = open_rehearsal(state, (), lambda line: print(f"  {line}")).url
        keep_open(url)
        try:
            runs = (ours(home, state, url), rays(Path(home), state, url))
        finally:
            subprocess.run(
                (PROGRAMS / "orchestrate", "down", "--yes"),
                env=with_state(home),
                capture_output=True,
                check=False,
            )
            end(state)
    for run in runs:
        print(
            f"{run.name:14} {run.calls:3} calls, {run.to_launch_s:5.1f} s to RunInstances,"
            f" {run.to_command_s:5.1f} s to the first command; left after down: {', '.join(run.left) or 'nothing'}"
        )
    mine, theirs = runs
    print(
        f"ours to the rival's: calls {mine.calls / theirs.calls:.2f},"
        f" to RunInstances {mine.to_launch_s / theirs.to_launch_s:.2f},"
        f" to the first command {mine.to_command_s / theirs.to_command_s:.2f}"
    )


def ours(home: str, state: Path, url: str) -> Run:
    """`orchestrate up --until launch`, then `down`."""
    began = time.monotonic()
    argv = (PROGRAMS / "orchestrate", "up", "--cloud", "aws", "--rehearse", "--yes", "--until", "launch")
    to_command = seconds_until(argv, with_state(home), began, "first boot")
    calls, to_launch = launched(state, began, began + to_command)
    subprocess.run(
        (PROGRAMS / "orchestrate", "down", "--yes"), env=with_state(home), capture_output=True, check=True
    )
    return Run(
        name="orchestrate up",
        calls=calls,
        to_launch_s=to_launch,
        to_command_s=to_command,
        left=left(url, "orchestrate"),
    )


def rays(home: Path, state: Path, url: str) -> Run:
    """`ray up` until its first command on the head, then `ray down`."""
    program = ray_program()
    keys = {"AWS_ACCESS_KEY_ID": "benchmark", "AWS_SECRET_ACCESS_KEY": "benchmark", "AWS_ENDPOINT_URL": url}
    environment = {**os.environ, **keys, "HOME": str(home)}
    config = home / "cluster.yaml"
    config.write_text(json.dumps(cluster(url)), encoding="utf-8")
    began = time.monotonic()
    up = (program, "up", "--yes", "--no-config-cache", config)
    to_command = seconds_until(up, environment, began, "Success.", then_kill=True)
    calls, to_launch = launched(state, began, began + to_command)
    subprocess.run(
        (program, "down", "--yes", config),
        env=environment,
        capture_output=True,
        check=True,
        timeout=TIMEOUT_S,
    )
    return Run(
        name="ray up", calls=calls, to_launch_s=to_launch, to_command_s=to_command, left=left(url, "ray")
    )


def cluster(url: str) -> dict[str, object]:
    """Ray's smallest cluster: one head of the same type, from the same image, let in as the image's own user."""
    from orchestrator.providers.aws.clients import Aws

    path = "/aws/service/debian/release/12/latest/amd64"
    image = Aws(url).ssm(REGION).get_parameters(Names=[path])["Parameters"][0]["Value"]
    head = {"InstanceType": "g4dn.xlarge", "ImageId": image}
    return {
        "cluster_name": "benchmark",
        "max_workers": 0,
        "provider": {
            "type": "aws",
            "region": REGION,
            "availability_zone": f"{REGION}a",
            "cache_stopped_nodes": False,
        },
        "auth": {"ssh_user": "admin"},
        "available_node_types": {"head": {"resources": {"CPU": 4}, "node_config": head}},
        "head_node_type": "head",
    }


def seconds_until(
    argv: tuple[str | Path, ...],
    environment: dict[str, str],
    began: float,
    text: str,
    *,
    then_kill: bool = False,
) -> float:
    """Run a program, and return when it said `text`; let it end, or end it, after that."""
    said: list[str] = []
    with subprocess.Popen(
        argv,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=environment["HOME"],
    ) as process:
        limit = Timer(TIMEOUT_S, process.kill)
        limit.start()
        for line in process.stdout or ():
            said.append(line)
            if text in re.sub(r"\x1b\[[0-9;]*m", "", line):
                seconds = time.monotonic() - began
                limit.cancel()
                if then_kill:
                    process.terminate()
                process.communicate()
                return seconds
    raise SystemExit(f"{argv[0]} never said {text!r}:\n{''.join(said[-20:])}")


def launched(state: Path, began: float, until: float) -> tuple[int, float]:
    """Calls between two moments, and seconds from the first to RunInstances."""
    calls = [call for call in calls_so_far(state) if began <= call.at <= until]
    launch = next(call for call in calls if call.action == "RunInstances")
    return len(calls), launch.at - began


def left(url: str, mark: str) -> tuple[str, ...]:
    """Groups, keys, roles and profiles with the mark in their names, and instances that are not terminated."""
    import boto3

    session = boto3.Session(aws_access_key_id="benchmark", aws_secret_access_key="benchmark")  # noqa: S106 - the fake's
    ec2 = session.client("ec2", region_name=REGION, endpoint_url=url)
    make: Any = session.client  # there are no types for IAM here
    iam = make("iam", region_name=REGION, endpoint_url=url)
    reservations = ec2.describe_instances()["Reservations"]
    found = [
        *(f"group {each['GroupName']}" for each in ec2.describe_security_groups()["SecurityGroups"]),
        *(f"key {each['KeyName']}" for each in ec2.describe_key_pairs()["KeyPairs"]),
        *(f"role {each['RoleName']}" for each in iam.list_roles()["Roles"]),
        *(
            f"profile {each['InstanceProfileName']}"
            for each in iam.list_instance_profiles()["InstanceProfiles"]
        ),
    ]
    alive = [
        f"instance {each['InstanceId']}"
        for reservation in reservations
        for each in reservation["Instances"]
        if each["State"]["Name"] not in {"terminated", "shutting-down"}
    ]
    return (*(name for name in found if mark in name), *alive)


def keep_open(url: str) -> None:
    """Something of another fleet, so that our `down` does not end the rehearsal."""
    from orchestrator.providers.aws import tags
    from orchestrator.providers.aws.clients import Aws

    Aws(url).ec2(REGION).create_security_group(
        GroupName="benchmark",
        Description="keeps the rehearsal open",
        TagSpecifications=[
            {"ResourceType": "security-group", "Tags": [{"Key": tags.FLEET, "Value": "benchmark-itself"}]}
        ],
    )


def ray_program() -> Path:
    """Ray in an environment of its own, made once."""
    folder = user_cache_path("orchestrate") / "benchmarks" / re.sub(r"\W+", "-", RAY)
    program = folder / "bin" / "ray"
    if not program.exists():
        print(f"  installing {RAY} into {folder}")
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run((folder / "bin" / "pip", "install", "--quiet", RAY, "boto3"), check=True)
    return program


def with_state(home: str) -> dict[str, str]:
    """The environment in which `orchestrate` keeps its state there."""
    return {**os.environ, "XDG_STATE_HOME": home, "HOME": home}


def end(state: Path) -> None:
    """Take the rehearsal away, whatever Ray left in it."""
    from orchestrator.providers.sandbox.engine import Engine, detect
    from orchestrator.rehearsal.containers import networks
    from orchestrator.rehearsal.session import record

    close_rehearsal_when_empty(state)
    known = record.read(state)
    if known is not None:
        os.kill(known.pid, 15)
    networks.remove_everything(Engine(detect()), record.mark(state))


if __name__ == "__main__":
    main()
