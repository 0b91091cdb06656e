"""1,000 hosts on this computer: each instance of an emulated EC2 is an address at which one real sshd answers for all."""

import base64
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from orchestrator.rehearsal import Cloud
from orchestrator.waiting import NotYet, wait_for

NETWORK = "10.231.0.0/16"
"""Of the emulated EC2."""
REGION = "us-east-1"
_INSIDE = "BENCHMARK_IN_NAMESPACES"

_PYTHON = """#!/bin/sh
# Of a host that is through with its first boot.
cat > /dev/null
case "$*" in
  *" boot") echo '{"progress": "done", "errors": [], "log": []}' ;;
  *" prepare") echo '{"public_key": "KEY"}' ;;
  *" activate") echo '{}' ;;
  *) exit 127 ;;
esac
"""
_SHELL = """#!/bin/sh
PATH={folder}/programs:/usr/bin:/bin
export PATH
exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
"""
_SETTINGS = """
Port 22
ListenAddress 0.0.0.0
HostKey {folder}/host_key
PidFile {folder}/sshd.pid
AuthorizedKeysFile {folder}/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
MaxStartups 5000
ForceCommand {folder}/shell.sh
"""


def in_namespaces(*flags: str) -> None:
    """Go on in namespaces of one's own, such as `--net`: starts the program again. Ends it where it does not run as root."""
    if os.environ.get(_INSIDE):
        return
    if os.geteuid() != 0:
        sys.exit(
            f"this takes root, for namespaces of its own\n  try: sudo {shlex.join((sys.executable, *sys.argv))}"
        )
    os.environ[_INSIDE] = "yes"
    os.execvp("unshare", ("unshare", *flags, sys.executable, *sys.argv))  # noqa: S606 - no shell is wanted


def plain_namespace(folder: Path) -> None:
    """Every address of the network is this computer, and root's shell reads no start-up files, of which hosts would pay for the time."""
    users = folder / "passwd"
    users.write_text("root:x:0:0::/:/bin/sh\nsshd:x:1:65534::/run/sshd:/usr/sbin/nologin\n", encoding="utf-8")
    for argv in (
        "ip link set lo up",
        f"ip route add local {NETWORK} dev lo",
        f"mount --bind {users} /etc/passwd",
    ):
        subprocess.run(shlex.split(argv), check=True)


def serve(cloud: Cloud, folder: Path) -> None:
    """Start sshd as soon as there is an instance: with the host key and the user's key of its user data."""
    import boto3

    session: Any = boto3.Session(aws_access_key_id="benchmark", aws_secret_access_key="benchmark")  # noqa: S106 - the fake's
    ec2 = session.client("ec2", region_name=REGION, endpoint_url=cloud.admin_url)

    def first() -> str | NotYet:
        found = [
            each["InstanceId"]
            for one in ec2.describe_instances(MaxResults=5)["Reservations"]
            for each in one["Instances"]
        ]
        return found[0] if found else NotYet("no instance")

    instance = wait_for("an instance", first, timeout_s=300, interval_s=0.5)
    said = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")["UserData"]["Value"]
    booted = yaml.safe_load(base64.b64decode(said))
    key = folder / "host_key"
    key.write_text(booted["ssh_keys"]["ed25519_private"], encoding="utf-8")
    key.chmod(0o600)
    (folder / "authorized_keys").write_text(booted["users"][0]["ssh_authorized_keys"][0], encoding="utf-8")
    (folder / "programs").mkdir()
    for name, text in (
        ("shell.sh", _SHELL.format(folder=folder)),
        ("programs/python3", _PYTHON.replace("KEY", booted["ssh_keys"]["ed25519_public"])),
    ):
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    settings = folder / "sshd_config"
    settings.write_text(_SETTINGS.format(folder=folder), encoding="utf-8")
    Path("/run/sshd").mkdir(exist_ok=True)
    subprocess.run(("/usr/sbin/sshd", "-f", settings), check=True)


def end(pid_file: Path) -> None:
    """Of sshd, where it was started."""
    if pid_file.exists():
        os.kill(int(pid_file.read_text()), 15)
