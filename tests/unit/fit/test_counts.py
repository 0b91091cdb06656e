"""Weights and shapes of saved models, beside what Keras itself counts."""

import json

import pytest

from orchestrator.fit.memory.estimate import workload_of
from orchestrator.fit.model.keras_config import model_of
from tests.unit.fit.builders import COUNTED_BY_KERAS, MODELS, saved


@pytest.mark.parametrize("name", COUNTED_BY_KERAS)
def test_parameters_and_shapes_are_those_that_keras_counts(name: str) -> None:
    model = saved(name)
    assert (model.parameters, model.fixed, model.layers[-1].output) == COUNTED_BY_KERAS[name]


def test_layers_of_a_sequential_model_that_hold_no_weights_have_the_shapes_that_keras_gives_them() -> None:
    shapes = {layer.kind: layer.output for layer in saved("sequential").layers}
    assert shapes["SeparableConv2D"] == shapes["Activation"] == (11, 11, 16)
    assert shapes["AveragePooling2D"] == (5, 5, 16)
    assert shapes["Flatten"] == (400,)


def test_both_ways_of_a_recurrent_layer_keep_what_they_would_alone() -> None:
    config = json.loads((MODELS / "lstm.json").read_text(encoding="utf-8"))
    alone = workload_of(model_of(config)).moments
    layer = config["config"]["layers"][1]
    inner = {"module": "keras.layers", "class_name": "LSTM", "config": layer["config"]}
    layer |= {"class_name": "Bidirectional", "config": {"name": "both", "layer": inner, "merge_mode": "sum"}}
    both = workload_of(model_of(config)).moments
    assert max(each.activations for each in both) > 1.8 * max(each.activations for each in alone)
