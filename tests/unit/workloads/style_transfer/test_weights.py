"""The weights' file: what was saved comes back, and anything else is refused by name."""

from pathlib import Path

import numpy as np
import pytest

from tests.unit.workloads.style_transfer.test_layers import random_weights
from workloads.style_transfer.learning.training import fold
from workloads.style_transfer.network.weights import WeightsError, digest, load, save


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    weights = random_weights(4)
    save(weights, tmp_path / "style.npz")
    width, found = load(tmp_path / "style.npz")
    assert width == 4
    assert digest(found) == digest(weights) != digest(random_weights(4, seed=2))


def test_a_file_that_is_not_there_or_no_archive_is_refused_with_what_makes_one(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no weights", encoding="utf-8")
    (tmp_path / "cut").write_bytes(b"PK\x03\x04 cut off")
    np.save(tmp_path / "array.npy", np.zeros(3))
    for name in ("none", "text", "cut", "array.npy"):
        with pytest.raises(WeightsError, match=rf"{name} cannot be read .* leaves such a file, style\.npz"):
            load(tmp_path / name)


def test_a_damaged_file_is_refused_by_name_whatever_its_decoder_raises(tmp_path: Path) -> None:
    path = tmp_path / "style.npz"
    np.savez_compressed(path, **random_weights(4))
    whole = path.read_bytes()
    method = whole.index(b"PK\1\2") + 10
    encrypted = method - 2
    name = whole.index(b".npy") + len(b".npy")
    for at, values in ((method, b"\x63"), (encrypted, b"\1"), (name + 30, b"\xff" * 40)):
        damaged = bytearray(whole)
        damaged[at : at + len(values)] = values
        path.write_bytes(damaged)
        with pytest.raises(WeightsError, match=r"style\.npz cannot be read"):
            load(path)


def test_objects_are_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "objects.npz"
    save({"first/bias": np.array([print], dtype=object)}, path)
    with pytest.raises(WeightsError, match="cannot be read"):
        load(path)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"up1/bias": np.zeros(3, np.float32)}, "up1/bias is missing, of another shape, or unknown"),
        ({"more/kernel": np.zeros(3, np.float32)}, "more/kernel is missing"),
        ({"up1/bias": np.full(8, np.nan, np.float32)}, "no numbers"),
        ({"up1/bias": np.zeros(8, np.int64)}, "no numbers"),
    ],
)
def test_another_network_s_weights_are_refused_by_name(
    tmp_path: Path, spoil: dict[str, object], said: str
) -> None:
    save(random_weights(4) | spoil, tmp_path / "style.npz")  # type: ignore[operator]
    with pytest.raises(WeightsError, match=said):
        load(tmp_path / "style.npz")


def test_a_file_without_any_of_them_is_refused(tmp_path: Path) -> None:
    save({"w": np.zeros(3)}, tmp_path / "style.npz")
    with pytest.raises(WeightsError, match="does not hold this network: w is missing"):
        load(tmp_path / "style.npz")


def test_normalization_folded_into_a_kernel_changes_nothing() -> None:
    generator = np.random.default_rng(5)
    kernel, bias = generator.normal(size=(1, 1, 3, 4)), generator.normal(size=4)
    scale, shift, mean = generator.normal(size=(3, 4))
    variance = generator.uniform(0.1, 2, 4)
    pixels = generator.normal(size=(10, 3))
    plain = pixels @ kernel[0, 0] + bias
    expected = (plain - mean) / np.sqrt(variance + 1e-3) * scale + shift
    folded, moved = fold(kernel, bias, (scale, shift, mean, variance))
    assert pixels @ folded[0, 0] + moved == pytest.approx(expected, abs=1e-5)
