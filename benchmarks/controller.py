"""Calls and CPU time that `up` and `down` take of the controller, for 1 host and for 200, beside their limits.

    python benchmarks/controller.py

On a fake EC2 in this process, without hosts: `up` goes as far as to the wait for SSH. Judges nothing.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from orchestrator.answer import Typed
from orchestrator.config import load_fleet
from orchestrator.journal import Journal, owner
from orchestrator.pipeline import Pipeline
from orchestrator.progress import Silent
from orchestrator.providers.aws.provider import AwsProvider
from orchestrator.providers.aws.session.boto_session import rehearsal_session
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud
from orchestrator.stages.launch import ask as asked
from orchestrator.stages.launch.poller import HostPoller
from orchestrator.waiting import NotYet, wait_for

ROOT = Path(__file__).resolve().parent.parent
LIMITS = {1: 12, 200: 25}
"""Calls of EC2, STS and SSM that `up` may take until the wait for SSH, by number of hosts."""
DOWN_LIMIT = 12
COUNTED = ("ec2", "sts", "ssm")
TURN = "GetCallerIdentity"
"""Is asked between `up` and `down`, which do not ask it where there is an endpoint, and is not counted."""


def main() -> None:
    """Each number of hosts in a process of its own."""
    if sys.argv[1:2] == ["--ask"]:
        ask(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
        return
    for hosts, limit in LIMITS.items():
        controller(hosts, limit)


def controller(hosts: int, limit: int) -> None:
    """Calls and CPU time for so many hosts that nobody boots, beside their limits."""
    with (
        Cloud(quotas={"Running On-Demand G and VT instances": 4096}) as cloud,
        tempfile.TemporaryDirectory() as home,
    ):
        argv = (sys.executable, __file__, "--ask", cloud.url, str(hosts), home)
        done = subprocess.run(
            argv, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
        )
        spent = float(done.stdout)
        names = [call.action for call in cloud.calls() if call.service in COUNTED]
        turn = names.index(TURN)
        print(
            f"{hosts:3} hosts: {turn} calls until the wait for SSH (limit {limit}), {len(names) - turn - 1} for down"
            f" (limit {DOWN_LIMIT}), {spent:.1f} s CPU of the controller for both"
        )


def ask(url: str, hosts: int, root: Path) -> None:
    """The controller's part of `up` without the wait, and `down`; in a process of its own."""
    flags = {"cloud": "aws", "name": "benchmark", "hosts": hosts, "stack.builder": "venv"}
    spec = load_fleet(None, environ={}, flags=flags)
    provider = AwsProvider(AwsSettings(endpoint_url=url), lambda _line: None, owner(root))
    journal = Journal(spec.name, root)
    pipeline = Pipeline(spec, provider, journal, Silent(), version="0")
    planned = pipeline.plan({}, Typed(words=("orchestrate", "up"), takes=frozenset()))
    with journal.hold("orchestrate up"):
        journal.record("begin", {"command": "orchestrate up"})
        journal.save("plan", planned)
        made = asked(planned, provider, journal, Silent()).hosts
    lookout = HostPoller(provider, spec.name)

    def addresses() -> bool | NotYet:
        seen = [lookout.now(host.name) for host in made]
        return all(host and host.address for host in seen) or NotYet("some have no address")

    wait_for("addresses", addresses, timeout_s=30)
    rehearsal_session().client("sts", region_name="us-east-1", endpoint_url=url).get_caller_identity()
    pipeline.down()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)  # ssh-keygen
    print(time.process_time() + children.ru_utime + children.ru_stime)


if __name__ == "__main__":
    main()
