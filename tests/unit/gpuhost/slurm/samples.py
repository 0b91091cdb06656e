"""Snapshots of a host's cards, as the tests of what Slurm is told need them."""

from gpuhost.telemetry.snapshot import COMPUTE, OK, Card, Process, Snapshot


def process(pid: int = 10, uid: int = 1000) -> Process:
    """One that computes."""
    return Process(
        pid=pid,
        kind=COMPUTE,
        memory_bytes=1,
        user="lab",
        uid=uid,
        command="python train.py",
        started_at=1.0,
        state="R",
    )


def card(index: int = 0, *processes: Process, state: str = OK, error: str = "") -> Card:
    """A card."""
    return Card(
        index=index,
        uuid=f"GPU-{index}",
        name="NVIDIA L40S",
        address=f"0000:0{index}:00.0",
        state=state,
        error=error,
        minor=index,
        processes=processes,
    )


def snapshot(*cards: Card, state: str = OK, why: str = "") -> Snapshot:
    """A collection of these."""
    return Snapshot(taken_at=1.0, host="one", state=state, why=why, cards=cards)
