"""The network in NumPy, against one written without any of its means."""

import numpy as np

from workloads.cifar10.data.shared import Images
from workloads.cifar10.measuring.network import logits, numpy_accuracy

SHAPES = ((3, 3, 3, 4), (4,), (3, 3, 4, 5), (5,), (3, 3, 5, 6), (6,), (96, 7), (7,), (7, 10), (10,))
"""Fewer channels than the real ones."""


def test_numpy_computes_the_network_layer_by_layer() -> None:
    weights, pixels = made()
    image = pixels[1].astype(np.float64) / 255
    for kernel, bias, pool in ((0, 1, True), (2, 3, True), (4, 5, False)):
        image = np.maximum(slowly_convolved(image, weights[kernel], weights[bias]), 0)
        if pool:
            rows = image.shape[0] // 2
            image = np.array(
                [
                    [image[2 * row : 2 * row + 2, 2 * at : 2 * at + 2].max(axis=(0, 1)) for at in range(rows)]
                    for row in range(rows)
                ]
            )
    hidden = np.maximum(image.reshape(-1) @ weights[6] + weights[7], 0)
    assert np.allclose(logits(weights, pixels)[1], hidden @ weights[8] + weights[9], atol=1e-4)


def test_accuracy_is_the_share_of_images_over_all_portions() -> None:
    weights, pixels = made(count=230)
    classes = logits(weights, pixels).argmax(axis=1).astype(np.uint8)
    classes[:23] = (classes[:23] + 1) % 10
    assert numpy_accuracy(weights, Images(pixels=pixels, classes=classes)) == 0.9


def made(count: int = 3) -> tuple[list[np.ndarray], np.ndarray]:
    generator = np.random.default_rng(7)
    weights = [generator.normal(0, 0.3, shape).astype(np.float32) for shape in SHAPES]
    return weights, generator.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def slowly_convolved(image: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    size = image.shape[0] - 2
    return np.array(
        [
            [np.einsum("ijc,ijck->k", image[row : row + 3, at : at + 3], kernel) + bias for at in range(size)]
            for row in range(size)
        ]
    )
