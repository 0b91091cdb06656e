"""What follows from the layers: how far a pixel reaches, what a picture costs, what it holds."""

import numpy as np
import pytest

from workloads.style_transfer.network.forward import numpy_stylize
from workloads.style_transfer.network.layers import (
    BYTES,
    STRIDE,
    layers,
    multiplications,
    reach,
    tensors,
    weights_bytes,
)
from workloads.style_transfer.network.weights import Weights, names


def random_weights(width: int, seed: int = 1) -> Weights:
    generator = np.random.default_rng(seed)
    return {
        name: (generator.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))).astype(np.float32)
        for name, shape in names(layers(width)).items()
    }


def test_the_network_of_the_paper_has_1_7_million_weights() -> None:
    assert weights_bytes(layers(32)) // BYTES == sum(int(np.prod(s)) for s in names(layers(32)).values())
    assert weights_bytes(layers(32)) // BYTES == 1_676_035


def test_a_pixel_reaches_as_far_as_is_said_and_no_further() -> None:
    network, weights = layers(2), random_weights(2)
    side = 2 * reach(network) + 4 * STRIDE
    pixels = np.random.default_rng(0).integers(0, 256, (1, side, side, 3)).astype(np.uint8)
    middle = side // 2
    before = numpy_stylize(network, weights, pixels)
    changed = pixels.copy()
    changed[0, middle : middle + STRIDE] = 255 - changed[0, middle : middle + STRIDE]
    rows = np.flatnonzero(abs(numpy_stylize(network, weights, changed) - before).max(axis=(0, 2, 3)) > 0)
    assert middle - rows.min() <= reach(network)
    assert rows.max() - (middle + STRIDE - 1) <= reach(network)
    assert middle - rows.min() > reach(network) - 3 * STRIDE


def test_what_a_picture_costs_is_counted_from_the_kernels() -> None:
    network = layers(32)
    first = 81 * 3 * 32
    assert multiplications(network, 4, 4) == 16 * (first + 81 * 32 * 3) + 4 * (9 * 32 * 64) + (
        9 * 64 * 128 + 5 * 2 * 9 * 128 * 128
    ) + 4 * (9 * 128 * 64) + 16 * (9 * 64 * 32)


def test_the_busiest_layer_is_the_one_that_reads_the_upsampled_picture() -> None:
    held = {each.layer: each.held for each in tensors(layers(32), 2828, 4244)}
    pixels = 2828 * 4244
    assert max(held, key=lambda name: held[name]) == "up2"
    assert held["up2"] == BYTES * pixels * (64 + 32)
    assert held["first"] == BYTES * pixels * (3 + 32)
    assert held["residual1"] == BYTES * pixels // 16 * 3 * 128


@pytest.mark.parametrize("size", [(64, 48), (256, 128)])
def test_what_a_picture_holds_grows_with_its_pixels(size: tuple[int, int]) -> None:
    small = max(each.held for each in tensors(layers(8), 32, 32))
    assert max(each.held for each in tensors(layers(8), *size)) == small * size[0] * size[1] // 1024
