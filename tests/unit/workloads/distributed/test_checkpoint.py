"""Checkpoints are whole or passed over."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.unit.workloads.distributed.state import progress, state
from workloads.distributed.state import checkpoint
from workloads.distributed.state.checkpoint import KEPT, find, save

IDENTITY = "seed 1, batches of 256, 4 epochs"


def test_what_was_saved_is_found_to_the_last_bit(tmp_path: Path) -> None:
    save(tmp_path / "new", IDENTITY, state(0.1), progress(7))
    found, why = find(tmp_path / "new", IDENTITY)
    assert found is not None
    assert why == ()
    assert found.progress == progress(7)
    assert np.array_equal(found.state.weights, state(0.1).weights)
    assert np.array_equal(found.state.second, state(0.1).second)


def test_the_newest_is_taken_and_the_oldest_are_removed(tmp_path: Path) -> None:
    for step in (9, 10, 100, 1000):
        save(tmp_path, IDENTITY, state(step), progress(step))
    found, _ = find(tmp_path, IDENTITY)
    assert found is not None
    assert found.progress.step == 1000
    assert len(list(tmp_path.iterdir())) == KEPT


def test_an_empty_or_missing_folder_has_none(tmp_path: Path) -> None:
    assert find(tmp_path, IDENTITY) == (None, ())
    assert find(tmp_path / "none", IDENTITY) == (None, ())


def _cut(content: bytes) -> bytes:
    return content[:-1]


def _flipped(at: int) -> Callable[[bytes], bytes]:
    return lambda content: content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    "spoil",
    [
        _cut,
        lambda content: content[:40],
        lambda content: b"",
        lambda content: content + b"x",
        _flipped(20),
        _flipped(100),
        _flipped(-10),
        lambda content: b"{}\n{}\n",
        lambda content: b"\x80\x04pickle",
    ],
)
def test_a_broken_one_is_passed_over_for_the_one_before(
    tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    save(tmp_path, IDENTITY, state(1), progress(1))
    newest = save(tmp_path, IDENTITY, state(2), progress(2))
    newest.write_bytes(spoil(newest.read_bytes()))
    found, why = find(tmp_path, IDENTITY)
    assert found is not None
    assert found.progress.step == 1
    assert len(why) == 1
    assert newest.name in why[0]


def test_one_of_another_format_or_training_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, IDENTITY, state(1), progress(1))
    save(tmp_path, "seed 2, batches of 256, 4 epochs", state(2), progress(2))
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "FORMAT", 0)
        save(tmp_path, IDENTITY, state(3), progress(3))
    found, why = find(tmp_path, IDENTITY)
    assert found is not None
    assert found.progress.step == 1
    assert "format 0, and this version reads 1" in why[0]
    assert "of another training" in why[1]


def test_one_that_cannot_be_written_leaves_those_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, IDENTITY, state(1), progress(1))

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        save(tmp_path, IDENTITY, state(2), progress(2))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-0000000001.orchestrate"]
