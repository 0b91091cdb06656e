"""The program that has another environment's Keras build a model."""

import json
import sys
from types import ModuleType, SimpleNamespace

import pytest

from workloads.keras_model.configuration import main


def test_the_last_line_is_the_model_that_the_function_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(sys, "path", list(sys.path))
    made = ModuleType("made")
    vars(made)["build"] = lambda: SimpleNamespace(to_json=lambda: '{"class_name": "Sequential"}')
    monkeypatch.setitem(sys.modules, "made", made)
    main("made:build")
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"class_name": "Sequential"}
