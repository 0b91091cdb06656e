"""What `orchestrate up`, `down` and `gc` ask of EC2, in a process of its own that can be killed; nothing waits for SSH.

    python -m tests.e2e.aws.operator up|down|gc URL STATE

It begins when a line comes in, so that whoever watches knows its id before the first call.
"""

import sys
from pathlib import Path

from orchestrator.answer import Typed
from orchestrator.config import load_fleet
from orchestrator.journal import Journal, owner
from orchestrator.pipeline import Pipeline
from orchestrator.pipeline.orphans import collect, orphans
from orchestrator.progress import Silent
from orchestrator.providers.aws.provider import AwsProvider
from orchestrator.providers.settings import AwsSettings
from orchestrator.stages.launch import ask

FLEET = "killed"
HOSTS = ("killed-1", "killed-2")


def main(action: str, url: str, root: Path) -> None:
    """Do it to the end, unless killed."""
    spec = load_fleet(
        None, environ={}, flags={"cloud": "aws", "name": FLEET, "hosts": len(HOSTS), "stack.builder": "venv"}
    )
    provider = AwsProvider(AwsSettings(endpoint_url=url), lambda _line: None, owner(root))
    journal = Journal(FLEET, root)
    pipeline = Pipeline(spec, provider, journal, Silent(), version="0")
    sys.stdin.readline()
    if action == "up":
        planned = pipeline.plan({}, Typed(words=("orchestrate", "up"), takes=frozenset()))
        with journal.hold("orchestrate up"):
            journal.record("begin", {"command": "orchestrate up"})
            journal.save("plan", planned)
            ask(planned, provider, journal, Silent())
    elif action == "down":
        assert pipeline.down().all_gone
    else:
        assert all(each.all_gone for each in collect(provider, orphans(provider, root)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
