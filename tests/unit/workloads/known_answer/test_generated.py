"""The images that no data set is needed for, and what NumPy learns from them."""

import hashlib

from workloads.known_answer.generated import generated_sample
from workloads.known_answer.judge import GENERATED
from workloads.known_answer.reference import expected


def test_the_images_are_the_same_on_every_computer() -> None:
    data = generated_sample()
    assert data.images.shape == (2048, 28, 28, 1)
    assert data.test_images.shape == (500, 28, 28, 1)
    digest = hashlib.sha256(data.images.tobytes() + data.classes.tobytes() + data.test_images.tobytes())
    assert digest.hexdigest() == "a61d45cbb8c3f8798207dfc6b7b3ee13a80864b60929e1540c3281502e61afc5"


def test_numpy_comes_to_the_middle_of_their_bands() -> None:
    right = expected(generated_sample())
    for value, band in (
        (right.losses[0], GENERATED.first_loss),
        (right.losses[-1], GENERATED.last_loss),
        (right.training_accuracy, GENERATED.training_accuracy),
        (right.test_accuracy, GENERATED.test_accuracy),
    ):
        assert abs(value - (band.low + band.high) / 2) < (band.high - band.low) / 10
