"""What `orchestrate up`, `down` and `gc` ask of EC2, in a process of its own that can be killed; nothing waits for SSH."""

from collections.abc import Callable
from multiprocessing.connection import Connection
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
from tests.forked import context

FLEET = "killed"
HOSTS = ("killed-1", "killed-2")


def run(action: str, url: str, root: Path, watch: Callable[[int], None], timeout_s: float) -> int:
    """Do it in a process of its own; its exit code, negative where a signal ended it.

    Args:
        action: `up`, `down` or `gc`.
        url: of the fake EC2.
        root: the state folder.
        watch: is given the process' id before its first call.
        timeout_s: after which it is killed.
    """
    begin, watched = context().Pipe(duplex=False)
    process = context().Process(target=_main, args=(begin, action, url, root))
    process.start()
    assert process.pid is not None
    watch(process.pid)
    watched.send(None)
    process.join(timeout_s)
    if process.exitcode is None:
        process.kill()
        process.join()
    assert process.exitcode is not None
    return process.exitcode


def _main(begin: Connection, action: str, url: str, root: Path) -> None:
    begin.recv()
    spec = load_fleet(
        None, environ={}, flags={"cloud": "aws", "name": FLEET, "hosts": len(HOSTS), "stack.builder": "venv"}
    )
    provider = AwsProvider(AwsSettings(endpoint_url=url), lambda _line: None, owner(root))
    journal = Journal(FLEET, root)
    pipeline = Pipeline(spec, provider, journal, Silent(), version="0")
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
