"""Models of which tests know all."""

from pathlib import Path

from orchestrator.fit.memory.estimate import Workload, workload_of
from orchestrator.fit.memory.passes import moments
from orchestrator.fit.model.archive import read_config
from orchestrator.fit.model.description import Layer, Model
from orchestrator.fit.model.keras_config import model_of

MODELS = Path(__file__).parent / "models"


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
