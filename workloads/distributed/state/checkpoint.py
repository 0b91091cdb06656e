"""Checkpoints of a training in a folder that all hosts see: whole or not there. A broken one, or one of another training, is passed over."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workloads.distributed.state.network import LENGTH, Array

FORMAT = 1
"""Raised when older ones can no longer be read."""
KEPT = 3
_PREFIX, _SUFFIX = "checkpoint-", ".orchestrate"
_LONGEST_HEADER = 2**22


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Weights and Adam's two averages: float32 vectors."""

    weights: Array
    first: Array
    second: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a training has come, and what it measured on the way. Figures of the epoch that is not over are sums."""

    step: int = 0
    """Steps that are made: the next is the first that is not."""
    first_loss: float | None = None
    points: tuple[dict[str, float], ...] = ()
    """The epochs that are over, as EpochPoint has them."""
    loss: float = 0.0
    right: float = 0.0
    steps: int = 0
    seconds: float = 0.0
    counted_images: int = 0
    """Without the warm-up."""
    counted_seconds: float = 0.0
    all_images: int = 0
    """As `counted_images`, of the epochs that are over too."""
    all_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A checkpoint that can be resumed from."""

    state: State
    progress: Progress
    passed_over: tuple[str, ...]
    """Newer ones, and why they were not taken."""


class UnusableError(Exception):
    """It cannot be resumed from."""


def save(folder: Path, identity: str, state: State, progress: Progress) -> Path:
    """Put it into the folder, whole and on the disk, and remove the oldest. Raises OSError.

    Args:
        folder: made where it is not there.
        identity: what tells this training from others: seed, batch, epochs.
        state: at this step.
        progress: up to this step.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = encode(identity, state, progress)
    path = folder / f"{_PREFIX}{progress.step:010d}{_SUFFIX}"
    draft = folder / f".{path.name}.{os.getpid()}"
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    _sync(folder)
    for old in list(_newest_first(folder))[KEPT:]:
        with contextlib.suppress(OSError):
            old.unlink()
    return path


def find(folder: Path, identity: str) -> tuple[Found | None, tuple[str, ...]]:
    """The newest whole one of this training, and why each newer one was passed over."""
    why: list[str] = []
    for path in _newest_first(folder):
        try:
            state, progress = decode(path.read_bytes(), identity)
        except (OSError, UnusableError) as cause:
            why.append(f"{path.name}: {cause}")
            continue
        return Found(state=state, progress=progress, passed_over=tuple(why)), tuple(why)
    return None, tuple(why)


def encode(identity: str, state: State, progress: Progress) -> bytes:
    """As a file holds it, and as it is sent to the other tasks."""
    data = b"".join(part.tobytes() for part in (state.weights, state.first, state.second))
    header = {
        "format": FORMAT,
        "identity": identity,
        "length": len(state.weights),
        "progress": asdict(progress),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    text = json.dumps(header)
    return (
        json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest()}).encode()
        + b"\n"
        + text.encode()
        + b"\n"
        + data
    )


def decode(content: bytes, identity: str) -> tuple[State, Progress]:
    """What it holds. Raises UnusableError."""
    import numpy as np

    digest, _, rest = content.partition(b"\n")
    text, _, data = rest.partition(b"\n")
    if len(text) > _LONGEST_HEADER or _json(digest).get("sha256") != hashlib.sha256(text).hexdigest():
        raise UnusableError("it is not whole: its header is not what was written")
    header = _json(text)
    if header.get("format") != FORMAT:
        raise UnusableError(f"format {header.get('format')}, and this version reads {FORMAT}")
    if header.get("identity") != identity:
        raise UnusableError(f"of another training: {header.get('identity')}, not {identity}")
    if header.get("length") != LENGTH or hashlib.sha256(data).hexdigest() != header.get("sha256"):
        raise UnusableError("it is not whole: its weights are not what was written")
    vectors = np.frombuffer(data, np.float32).reshape(3, LENGTH)
    try:
        progress = Progress(**{**header["progress"], "points": tuple(header["progress"]["points"])})
    except (KeyError, TypeError) as cause:
        raise UnusableError(f"its progress cannot be read: {cause}") from cause
    return State(weights=vectors[0], first=vectors[1], second=vectors[2]), progress


def _newest_first(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}"), reverse=True)


def _json(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
