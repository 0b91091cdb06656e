"""What Keras' optimizers keep for each trained weight. Read from `keras.optimizers` of Keras 3: the variables that `build` adds. Pure."""

from dataclasses import dataclass, replace

from orchestrator.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer:
    """One optimizer."""

    name: str
    slots: float
    """Values that it keeps for each weight, of the weight's own width. Adafactor's and Muon's are for matrices."""
    temporaries: int
    """Tensors of a weight's size that one update holds at once beside the gradient."""
    meaning: str


OPTIMIZERS = {
    each.name: each
    for each in (
        Optimizer(name="sgd", slots=0, temporaries=1, meaning="no momentum"),
        Optimizer(name="momentum", slots=1, temporaries=1, meaning="SGD with momentum"),
        Optimizer(
            name="rmsprop",
            slots=1,
            temporaries=2,
            meaning="mean of squares; two more with momentum and centered",
        ),
        Optimizer(name="adagrad", slots=1, temporaries=2, meaning="sum of squares"),
        Optimizer(
            name="adadelta", slots=2, temporaries=3, meaning="mean of squares of gradients and of updates"
        ),
        Optimizer(
            name="adam",
            slots=2,
            temporaries=2,
            meaning="means of gradients and of their squares; one more with amsgrad",
        ),
        Optimizer(name="adamw", slots=2, temporaries=2, meaning="as adam"),
        Optimizer(
            name="schedulefreeadamw",
            slots=2,
            temporaries=3,
            meaning="weights that it moves, and mean of squares of gradients",
        ),
        Optimizer(name="adamax", slots=2, temporaries=2, meaning="mean and largest"),
        Optimizer(name="nadam", slots=2, temporaries=3, meaning="as adam"),
        Optimizer(name="ftrl", slots=2, temporaries=3, meaning="accumulator and linear term"),
        Optimizer(name="lion", slots=1, temporaries=2, meaning="mean of gradients"),
        Optimizer(name="lamb", slots=2, temporaries=3, meaning="as adam"),
        Optimizer(
            name="adafactor",
            slots=0.01,
            temporaries=3,
            meaning="rows and columns of matrices alone; one for each weight of a vector",
        ),
        Optimizer(name="muon", slots=2, temporaries=3, meaning="momentum, and adam's two where it uses adam"),
    )
}


def optimizer(name: str) -> Optimizer:
    """The optimizer of this name, however Keras writes it: `Adam`, `adam`.

    Raises:
        UsageError: it is none of Keras'.
    """
    found = OPTIMIZERS.get(name.lower().strip())
    if found is None:
        raise UsageError(f"no optimizer is known as {name!r}", f"one of {', '.join(OPTIMIZERS)}")
    return found


def with_more(chosen: Optimizer, slots: int) -> Optimizer:
    """The optimizer with settings that add values for each weight."""
    if not slots:
        return chosen
    return replace(
        chosen, slots=chosen.slots + slots, meaning=f"{chosen.meaning}; {slots} more by its settings"
    )
