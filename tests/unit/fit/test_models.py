"""What is read of a model's file: parameters and shapes as Keras itself counts them, and by name what cannot be read."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import UsageError
from orchestrator.fit.model.archive import ModelFileError, read_config
from orchestrator.fit.model.keras_config import UnreadableModelError, model_of
from orchestrator.fit.model.precision import with_precision
from orchestrator.fit.model.shapes import output_shape
from tests.unit.fit.builders import COUNTED_BY_KERAS, MODELS, saved


def test_an_archive_says_its_optimizer_and_is_read_without_its_weights(tmp_path: Path) -> None:
    config = json.loads((MODELS / "mlp.json").read_text(encoding="utf-8"))
    config["compile_config"] = {"optimizer": {"class_name": "SGD", "config": {"momentum": 0.9}}}
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", b"not read")
    model = model_of(read_config(tmp_path / "m.keras"))
    assert model.optimizer == "momentum"
    assert model.parameters == COUNTED_BY_KERAS["mlp"][0]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"\x89HDF\r\n\x1a\n", "HDF5, the form before Keras 3"),
        (b"\xff\xfe\x00", "neither a .keras archive nor JSON"),
        (b"layers: []", "is no JSON"),
        (b"{}", "no configuration of a Keras model"),
        (b"PK\x05\x06" + b"\0" * 18, "an archive without a readable config.json"),
        (b"[" * 100_000, "is no JSON"),
    ],
)
def test_a_file_that_is_no_model_is_named_for_what_it_is(tmp_path: Path, content: bytes, cause: str) -> None:
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(ModelFileError, match=cause) as caught:
        read_config(tmp_path / "m")
    assert "model" in caught.value.hint


@pytest.mark.parametrize(
    ("place", "value", "cause"),
    [
        (8, 1, "is encrypted"),
        (10, 97, "compression method is not supported"),
        (6, 99, "zip file version 9.9"),
    ],
)
def test_an_archive_of_another_make_is_named(tmp_path: Path, place: int, value: int, cause: str) -> None:
    with zipfile.ZipFile(tmp_path / "m", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(MODELS / "mlp.json", "config.json")
    content = bytearray((tmp_path / "m").read_bytes())
    content[content.rfind(b"PK\x01\x02") + place] = value
    if place > 6:  # the member's own header says it too
        content[place - 2] = value
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(ModelFileError, match=cause):
        read_config(tmp_path / "m")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_an_archive_whose_content_is_damaged_is_named(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "m", "w", method) as archive:
        archive.write(MODELS / "mlp.json", "config.json")
    content = bytearray((tmp_path / "m").read_bytes())
    content[80:140] = bytes(each ^ 0x3C for each in content[80:140])
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"without a readable config.json|Invalid data"):
        read_config(tmp_path / "m")


def test_a_missing_file_and_a_saved_model_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="No such file"):
        read_config(tmp_path / "none.keras")
    with pytest.raises(ModelFileError, match="SavedModel"):
        read_config(tmp_path)


def test_a_layer_whose_weights_are_not_known_is_named_and_not_guessed_at() -> None:
    config = changed("mlp", 2, {"class_name": "Mystery"})
    with pytest.raises(UnreadableModelError, match="layer dense_1 is a Mystery"):
        model_of(config)


def test_a_layer_of_another_package_is_refused_even_where_keras_has_one_of_its_name() -> None:
    config = json.loads((MODELS / "custom_named_dense.json").read_text(encoding="utf-8"))
    with pytest.raises(UnreadableModelError, match="layer dense_1 is a Dense of your own"):
        model_of(config)


def test_a_quantized_model_is_refused_because_it_is_not_trained() -> None:
    config = changed("mlp", 1, {})
    config["config"]["layers"][1]["config"]["dtype"] = {"class_name": "QuantizedDTypePolicy", "config": {}}
    with pytest.raises(UnreadableModelError, match="layer dense is quantized"):
        model_of(config)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("units", "many"),
        ("units", {}),
        ("units", -5),
        ("units", float("inf")),
        ("rate", [1]),
    ],
)
def test_a_configuration_that_keras_did_not_write_is_refused_by_the_layer(field: str, value: object) -> None:
    config = changed("mlp", 2, {})
    config["config"]["layers"][2]["config"][field] = value
    with pytest.raises(UnreadableModelError, match="layer dense_1 is not as Keras 3 writes it"):
        model_of(config)


@pytest.mark.parametrize(
    ("optimizer", "meant"),
    [
        ({"class_name": "Adam", "config": {"amsgrad": True, "use_ema": True}}, ("adam", 2)),
        ({"class_name": "RMSprop", "config": {"momentum": 0.9, "centered": True}}, ("rmsprop", 2)),
        (
            {
                "class_name": "LossScaleOptimizer",
                "config": {"inner_optimizer": {"class_name": "SGD", "config": {"momentum": 0.9}}},
            },
            ("momentum", 0),
        ),
        ("adam", ("adam", 0)),
    ],
)
def test_an_optimizer_keeps_what_its_settings_say(optimizer: object, meant: tuple[str, int]) -> None:
    model = model_of(changed("mlp", 1, {}) | {"compile_config": {"optimizer": optimizer}})
    assert (model.optimizer, model.slots_beside) == meant


def test_an_open_dimension_is_asked_for_and_then_taken() -> None:
    text = (MODELS / "transformer.json").read_text(encoding="utf-8")
    config = json.loads(text.replace("[null, 256]", "[null, null]").replace("[null, 256, ", "[null, null, "))
    with pytest.raises(UnreadableModelError, match="leaves more open") as caught:
        model_of(config)
    assert caught.value.hint == "--sequence-length 512"
    half, whole = model_of(config, length=128), model_of(config, length=256)
    assert whole.layers == saved("transformer").layers
    assert half.layers[1].output == (128, 256)


def test_a_class_of_its_own_is_refused_because_its_file_does_not_say_its_layers() -> None:
    with pytest.raises(UnreadableModelError, match="is a MyModel"):
        model_of({"class_name": "MyModel", "config": {"name": "mine"}})


def test_mixed_precision_halves_activations_and_keeps_weights() -> None:
    before, after = saved("cnn"), with_precision(saved("cnn"), "mixed_float16")
    assert {layer.element_bytes for layer in after.layers[1:]} == {2}
    assert {layer.weight_bytes for layer in after.layers} == {4}
    assert after.parameters == before.parameters
    with pytest.raises(UsageError, match="no precision"):
        with_precision(before, "float8")


@pytest.mark.parametrize(
    ("kind", "config", "taken", "made"),
    [
        (
            "Conv2D",
            {"filters": 8, "kernel_size": [3, 3], "strides": [2, 2], "padding": "valid"},
            (32, 32, 3),
            (15, 15, 8),
        ),
        (
            "Conv2D",
            {"filters": 8, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same"},
            (33, 33, 3),
            (17, 17, 8),
        ),
        (
            "Conv2DTranspose",
            {"filters": 4, "kernel_size": [3, 3], "strides": [2, 2], "padding": "valid"},
            (7, 7, 8),
            (15, 15, 4),
        ),
        ("MaxPooling2D", {"pool_size": [3, 3], "strides": None, "padding": "valid"}, (10, 10, 5), (3, 3, 5)),
        ("ZeroPadding2D", {"padding": [[3, 3], [1, 2]]}, (10, 10, 5), (16, 13, 5)),
        ("Cropping1D", {"cropping": [1, 2]}, (10, 5), (7, 5)),
        ("UpSampling2D", {"size": [2, 3]}, (4, 4, 5), (8, 12, 5)),
        ("Reshape", {"target_shape": [-1, 4]}, (8, 3), (6, 4)),
        ("GlobalAveragePooling2D", {"keepdims": True}, (8, 8, 3), (1, 1, 3)),
        ("LSTM", {"units": 7, "return_sequences": True}, (9, 3), (9, 7)),
        ("Mystery", {}, (9, 3), None),
    ],
)
def test_a_shape_follows_from_what_the_layer_takes(
    kind: str, config: dict[str, Any], taken: tuple[int, ...], made: tuple[int, ...] | None
) -> None:
    assert output_shape(kind, config, (taken,)) == made


def changed(name: str, place: int, by: dict[str, Any]) -> dict[str, Any]:
    """A saved configuration with one layer otherwise."""
    config: dict[str, Any] = json.loads((MODELS / f"{name}.json").read_text(encoding="utf-8"))
    config["config"]["layers"][place] |= by
    return config
