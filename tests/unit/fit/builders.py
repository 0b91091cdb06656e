"""Models of which tests know all."""

from pathlib import Path

from orchestrator.fit.memory.estimate import Workload, workload_of
from orchestrator.fit.memory.passes import moments
from orchestrator.fit.model.archive import read_config
from orchestrator.fit.model.description import Layer, Model
from orchestrator.fit.model.keras_config import model_of

MODELS = Path(__file__).parent / "models"
COUNTED_BY_KERAS = {
    "mlp": (14_217_226, 0, (10,)),
    "cnn": (2_386_986, 0, (10,)),
    "residual": (2_776_906, 3712, (10,)),
    "transformer": (4_419_850, 0, (10,)),
    "lstm": (396_810, 0, (10,)),
    "gru": (693_770, 0, (10,)),
    "separable": (76_746, 1152, (10,)),
    "llama": (4_411_402, 0, (10,)),
    "sequential": (4530, 0, (10,)),
    "nested_twice": (114, 0, (1,)),
    "nested_seq_twice": (128, 14, (1,)),
    "nested_multi_out": (416, 0, (4,)),
    "mha_mask": (4257, 0, (10, 1)),
    "mha_key2": (2344, 0, (10, 1)),
    "gqa": (3201, 0, (10, 1)),
    "lora": (81, 128, (1,)),
    "lora_conv": (765, 432, (1,)),
    "normalization_given": (12, 0, (2,)),
    "normalization_none": (12, 3, (2,)),
    "ops": (120, 0, (2,)),
    "prelu": (271, 0, (1,)),
    "bidirectional": (487_139, 0, (3,)),
    "bidirectional_own_backward": (7457, 0, (1,)),
    "bidirectional_apart": (3266, 0, (2,)),
    "bidirectional_frozen": (66, 3200, (2,)),
}
"""`model.count_params()` of the trained weights and of the others, and the shape of the output, by Keras 3.15."""


def saved(name: str) -> Model:
    """A model that Keras 3.15 wrote, without what says nothing of shapes."""
    return model_of(read_config(MODELS / f"{name}.json"))


def dense(units: int, taken: int, source: int, *, activation: str = "linear") -> Layer:
    """A dense layer behind the layer at `source`."""
    return Layer(
        name=f"dense_{source + 1}",
        kind="Dense",
        sources=(source,),
        inputs=((taken,),),
        output=(units,),
        parameters=units * taken + units,
        largest=units * taken,
        activation=activation,
    )


def entry(size: int) -> Layer:
    """What a model takes."""
    return Layer(name="input", kind="InputLayer", sources=(), inputs=(), output=(size,))


def workload(*layers: Layer) -> Workload:
    """Of a model of these layers."""
    model = Model(name="m", layers=layers)
    assert moments(model)
    return workload_of(model)
