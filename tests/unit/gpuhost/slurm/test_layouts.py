"""Cards that are cut up before Slurm is told of them."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gpuhost.slurm import layouts
from gpuhost.telemetry import read as telemetry
from gpuhost.telemetry.snapshot import LOST, MigInstance, Snapshot
from tests.unit.gpuhost.slurm.samples import card, process, snapshot

WISHES: dict[str, dict[str, Any]] = {"0": {"mig": ["3g.40gb", "4g.40gb"]}, "GPU-1": {"mps": 2}}
SLICES = tuple(MigInstance(f"MIG-{each}", 1, 0, each, None, None) for each in ("4g.40gb", "3g.40gb"))


def test_a_card_is_cut_up_once_and_a_shared_one_is_left() -> None:
    calls, why = layouts.steps(snapshot(card(0), card(1)), WISHES)
    assert why == []
    assert [call[-1] for call in calls] == ["1", "-C"]
    cut = replace(card(0), mig_enabled=True, mig_instances=SLICES)
    assert layouts.steps(snapshot(cut, card(1)), WISHES) == ([], [])


def test_a_card_that_is_used_or_broken_is_left_and_said() -> None:
    _calls, why = layouts.steps(snapshot(card(0, process())), WISHES)
    assert why == ["GPU 0 is to be cut up, and process 10 of lab is on it"]
    _calls, why = layouts.steps(snapshot(card(0, state=LOST)), WISHES)
    assert why == ["GPU 0 is to be cut up, and is lost"]


@pytest.mark.parametrize(("code", "said"), [(0, ""), (3, "failed: No permission")])
def test_what_the_driver_refuses_is_said(
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\necho No permission\nexit {code}\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    have(monkeypatch, snapshot(card(0)))
    (tmp_path / "layouts.json").write_text(json.dumps(WISHES))
    assert layouts.bring_about(tmp_path / "layouts.json") == (1 if code else 0)
    assert said in capsys.readouterr().err
    assert layouts.bring_about(tmp_path / "none") == 0


def have(monkeypatch: pytest.MonkeyPatch, seen: Snapshot) -> None:
    monkeypatch.setattr(telemetry, "now", lambda: seen)
