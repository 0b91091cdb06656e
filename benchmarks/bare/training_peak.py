"""Train one network for some steps and print the most memory that it took: `training_peak.py NAME FOLDER`.

Runs in an environment with TensorFlow and Keras, and knows nothing of the project. What counts is the peak of the resident set (VmHWM) over
what the process held with the frameworks loaded and one small network trained. The memory allocator of the C library has to give back
what is freed, or its gaps are measured too: `MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_ARENA_MAX=2`.
"""

import gc
import json
import os
import sys
from pathlib import Path
from typing import Any, TypeAlias

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import keras
import numpy as np
import tensorflow as tf
from keras import layers

Network: TypeAlias = Any
STEPS = 2
OPTIMIZER = "adam"


def mlp() -> tuple[Network, int]:
    """Wide layers: weights, gradients and the optimizer's state are nearly all of it."""
    wide = [layers.Dense(2048, activation="relu") for _ in range(4)]
    return keras.Sequential([keras.Input((784,)), *wide, layers.Dense(10)]), 256


def cnn() -> tuple[Network, int]:
    """Convolutions and pooling, as in VGG."""
    taken = made = keras.Input((64, 64, 3))
    for filters in (32, 64, 128):
        for _ in range(2):
            made = layers.Conv2D(filters, 3, padding="same", activation="relu")(made)
        made = layers.MaxPooling2D()(made)
    made = layers.Dropout(0.5)(layers.Dense(256, activation="relu")(layers.Flatten()(made)))
    return keras.Model(taken, layers.Dense(10)(made)), 32


def residual() -> tuple[Network, int]:
    """Residual blocks with batch normalization."""
    taken = keras.Input((32, 32, 3))
    made = layers.ReLU()(
        layers.BatchNormalization()(layers.Conv2D(64, 3, padding="same", use_bias=False)(taken))
    )
    for filters, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1)):
        block = layers.Conv2D(filters, 3, stride, padding="same", use_bias=False)(made)
        block = layers.ReLU()(layers.BatchNormalization()(block))
        block = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(block))
        made = layers.Conv2D(filters, 1, stride, use_bias=False)(made) if stride > 1 else made
        made = layers.ReLU()(layers.Add()([made, block]))
    return keras.Model(taken, layers.Dense(10)(layers.GlobalAveragePooling2D()(made))), 64


def transformer() -> tuple[Network, int]:
    """Encoder blocks: attention with dropout, gelu, layer normalization."""
    taken = keras.Input((256,), dtype="int32")
    made = layers.Embedding(8000, 256)(taken)
    for _ in range(3):
        normal = layers.LayerNormalization()(made)
        made = layers.Add()([made, layers.MultiHeadAttention(8, 32, dropout=0.1)(normal, normal)])
        wide = layers.Dense(1024, activation="gelu")(layers.LayerNormalization()(made))
        made = layers.Add()([made, layers.Dropout(0.1)(layers.Dense(256)(wide))])
    return keras.Model(taken, layers.Dense(10)(layers.GlobalAveragePooling1D()(made))), 8


NETWORKS = {"mlp": mlp, "cnn": cnn, "residual": residual, "transformer": transformer}


def main(name: str, folder: Path) -> None:
    """Print one JSON line with what was measured; the network's configuration goes into the folder."""
    tiny = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    train(tiny, 4)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = status("VmRSS")
    network, batch = NETWORKS[name]()
    (folder / f"{name}.json").write_text(network.to_json(), encoding="utf-8")
    train(network, batch)
    peak = status("VmHWM") - before
    print(json.dumps({"model": name, "batch": batch, "optimizer": OPTIMIZER, "peak_bytes": peak}), flush=True)


def train(network: Network, batch: int) -> None:
    """Some steps on one batch that lies in memory once."""
    network.compile(OPTIMIZER, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    shape, chance = (batch, *network.input_shape[1:]), np.random.default_rng(1)
    whole = "int" in network.inputs[0].dtype
    examples = (
        chance.integers(0, 100, shape).astype("int32") if whole else chance.random(shape, dtype="float32")
    )
    data = tf.data.Dataset.from_tensors((examples, chance.integers(0, 10, batch)))
    network.fit(data.repeat(STEPS), steps_per_epoch=STEPS, verbose=0)


def status(name: str) -> int:
    """Bytes, by the kernel's account of this process."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {name}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
