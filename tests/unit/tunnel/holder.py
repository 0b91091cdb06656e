"""A process that holds a tunnel open until it is interrupted: `python -m tests.unit.tunnel.holder WAY PORT`."""

import json
import sys
from contextlib import suppress
from pathlib import Path

from orchestrator.errors import OrchestrateError
from orchestrator.tunnel import SshTarget, Tunnel


def hold(target: SshTarget, port: int) -> None:
    """Say `up`, then what the tunnel says, then why it ended."""
    try:
        with Tunnel(target, port, lambda line: print(line, flush=True)) as tunnel:
            print("up", flush=True)
            with suppress(KeyboardInterrupt):
                tunnel.hold()
    except OrchestrateError as error:
        print(f"{type(error).__name__}: {error.cause}", flush=True)


if __name__ == "__main__":
    facts = json.loads(sys.argv[1])
    hold(
        SshTarget(
            host=facts["host"],
            words=tuple(facts["words"]),
            target=facts["target"],
            run_folder=Path(facts["run_folder"]),
            trust_hint=facts["trust_hint"],
        ),
        int(sys.argv[2]),
    )
