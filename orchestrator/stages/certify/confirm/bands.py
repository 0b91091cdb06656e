"""What figures of a training can be, from below and from above, and which bytes it trains on. Data only, each with its source.

The same numbers stand in `workloads`, which knows nothing of us; a test compares them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What a figure may be."""

    low: float
    high: float
    source: str

    def __contains__(self, value: float | None) -> bool:
        """False for what is no number."""
        return value is not None and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


_MEASURED = "measured on x86-64 CPUs with TensorFlow 2.21, JAX 0.10, PyTorch 2.13, Keras 3.15, seeds 1 to 3"
FIRST_LOSS = Band(
    low=2.1,
    high=2.6,
    source=f"2.295 to 2.318 {_MEASURED}; ln 10 = 2.303 is that of a network that knows nothing",
)
LAST_LOSS = {
    1: Band(low=0.35, high=0.80, source=f"0.45 to 0.48 {_MEASURED}"),
    2: Band(low=0.22, high=0.60, source="between those of one epoch and of three"),
    3: Band(low=0.15, high=0.45, source=f"0.227 to 0.235 {_MEASURED}"),
}
"""Mean over the last epoch, by epochs."""
LAST_LOSS_LATER = Band(low=0.0, high=0.45, source="more epochs only lower it")
TEST_ACCURACY = Band(
    low=0.0, high=0.93, source=f"0.868 to 0.911 {_MEASURED}; training on the test images gives 0.987"
)
GAP = Band(low=-0.012, high=0.13, source=f"0.00 to 0.10 {_MEASURED}; training on the test images gives -0.1")
"""Accuracy on trained images minus accuracy on test images."""
LEAST_STEPS = 58
"""Of a training whose last loss is judged: one epoch of batches of 1024."""
TRAINING_IMAGES = 60_000
WARM_UP_BATCHES = 20
"""First batches, which do not count as speed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the short training with a known answer comes to on one set of images."""

    first_loss: Band
    last_loss: Band
    training_accuracy: Band
    test_accuracy: Band


_NUMPY = "NumPy in float64 comes to the middle"
ANSWERS = {
    "fashion_mnist": Answers(
        first_loss=Band(low=2.3837, high=2.3857, source=_NUMPY),
        last_loss=Band(low=0.8706, high=0.8727, source=_NUMPY),
        training_accuracy=Band(low=0.728, high=0.748, source="0.738; 5 images of 500 for rounding"),
        test_accuracy=Band(low=0.68, high=0.70, source="0.690; 5 images of 500 for rounding"),
    ),
    "cifar10": Answers(
        first_loss=Band(low=2.3797, high=2.3817, source=_NUMPY),
        last_loss=Band(low=0.4091, high=0.4111, source=_NUMPY),
        training_accuracy=Band(low=0.91, high=0.93, source=_NUMPY),
        test_accuracy=Band(low=0.882, high=0.902, source=_NUMPY),
    ),
}
"""By workload: the second makes its images up."""

DATA = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
"""SHA-256 of the unpacked files of Fashion-MNIST, as in role datasets."""
CIFAR10 = frozenset(
    {
        "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    }
)
"""SHA-256 of the published archives of CIFAR-10, for Python and in binary form."""
