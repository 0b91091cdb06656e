"""The rehearsal's process: a cloud and its containers, until it is told to end or its file is gone. Prints to its log only."""

import json
import os
import signal
from dataclasses import asdict
from ipaddress import IPv4Network
from pathlib import Path
from threading import Event

import psutil
from platformdirs import user_cache_path

from orchestrator.errors import OrchestrateError
from orchestrator.providers.sandbox.engine import Engine, detect
from orchestrator.rehearsal.cloud import Cloud
from orchestrator.rehearsal.containers.container_spec import EngineNetwork
from orchestrator.rehearsal.containers.networks import remove_everything
from orchestrator.rehearsal.containers.reconciler import ContainerReconciler
from orchestrator.rehearsal.profiles import PROFILES
from orchestrator.rehearsal.session import record
from orchestrator.rehearsal.session.record import CALLS, CLOCK, END, FAULTS, HOLDINGS

_LOOK_EVERY_S = 0.5


def serve(state: Path, network: str, cidr: str) -> None:
    """Serve until the end.

    Args:
        state: the state folder whose rehearsal this is.
        network: the engine's network for the default VPCs.
        cidr: its addresses.
    """
    facts, end, mark = detect(), Event(), record.mark(state)
    place = EngineNetwork(network=network, gateway=str(IPv4Network(cidr)[1]), mark=mark)
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    with Cloud(cidr=cidr) as cloud:

        def set_faults(body: bytes) -> list[str]:
            names = json.loads(body)
            cloud.clear_faults()
            for name in names:
                cloud.inject(*PROFILES[name])
            return list(names)

        def finish(_: bytes) -> bool:
            end.set()
            return True

        def move_on(body: bytes) -> str:
            cloud.clock.advance(float(body or 0))
            return cloud.clock.now().isoformat(timespec="seconds")

        cloud.control(CALLS, lambda _: [asdict(call) for call in cloud.calls()])
        cloud.control(CLOCK, move_on)
        cloud.control(FAULTS, set_faults)
        cloud.control(HOLDINGS, lambda _: list(cloud.resource_ids()))
        cloud.control(END, finish)
        reconciler = ContainerReconciler(cloud, facts, place, user_cache_path("orchestrate") / "images", _log)
        me = record.Record(pid=os.getpid(), url=cloud.url, started=psutil.Process().create_time())
        record.write(state, me)
        while not end.wait(_LOOK_EVERY_S):
            if record.read(state) != me:  # the state folder is gone, or somebody else's
                _log("the file that names this rehearsal is gone")
                break
        reconciler.close()
    try:
        remove_everything(Engine(facts), mark)
    except OrchestrateError as error:
        _log(error.cause)
    if record.read(state) == me:
        record.path(state).unlink(missing_ok=True)


def _log(line: str) -> None:
    """Standard output is the log."""
    os.write(1, f"{line}\n".encode())
