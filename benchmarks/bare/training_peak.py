"""Train one network for some steps and print the most memory that it took: `training_peak.py NAME FOLDER SHARE`.

Runs in an environment with TensorFlow and Keras, and knows nothing of the project. What counts is the peak of the resident set (VmHWM) over
what the process held with the frameworks loaded and one small network trained. With a SHARE above 1 the network has that part of its widths,
and a batch is one example: what is left is what the process takes for the graph. The memory allocator of the C library has to give back
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
STEPS = 10
"""The peak differs from step to step, as threads take turns: the first two had up to a fifth less."""
OPTIMIZER = "adam"


def mlp(share: int) -> tuple[Network, int]:
    """Wide layers: weights, gradients and the optimizer's state are nearly all of it."""
    wide = [layers.Dense(2048 // share, activation="relu") for _ in range(4)]
    return keras.Sequential([keras.Input((784 // share,)), *wide, layers.Dense(10)]), 256


def cnn(share: int) -> tuple[Network, int]:
    """Convolutions and pooling, as in VGG."""
    taken = made = keras.Input((64, 64, 3))
    for filters in (32, 64, 128):
        for _ in range(2):
            made = layers.Conv2D(filters // share, 3, padding="same", activation="relu")(made)
        made = layers.MaxPooling2D()(made)
    made = layers.Dropout(0.5)(layers.Dense(256 // share, activation="relu")(layers.Flatten()(made)))
    return keras.Model(taken, layers.Dense(10)(made)), 32


def residual(share: int) -> tuple[Network, int]:
    """Residual blocks with batch normalization."""
    taken = keras.Input((32, 32, 3))
    made = layers.ReLU()(
        layers.BatchNormalization()(layers.Conv2D(64 // share, 3, padding="same", use_bias=False)(taken))
    )
    for filters, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1)):
        width = filters // share
        block = layers.Conv2D(width, 3, stride, padding="same", use_bias=False)(made)
        block = layers.ReLU()(layers.BatchNormalization()(block))
        block = layers.BatchNormalization()(layers.Conv2D(width, 3, padding="same", use_bias=False)(block))
        made = layers.Conv2D(width, 1, stride, use_bias=False)(made) if stride > 1 else made
        made = layers.ReLU()(layers.Add()([made, block]))
    return keras.Model(taken, layers.Dense(10)(layers.GlobalAveragePooling2D()(made))), 64


def transformer(share: int) -> tuple[Network, int]:
    """Encoder blocks: attention with dropout, gelu, layer normalization."""
    width = 256 // share
    taken = keras.Input((256 // share,), dtype="int32")
    made = layers.Embedding(8000 // share, width)(taken)
    for _ in range(3):
        normal = layers.LayerNormalization()(made)
        attention = layers.MultiHeadAttention(8, 32 // share, dropout=0.1)
        made = layers.Add()([made, attention(normal, normal)])
        wide = layers.Dense(4 * width, activation="gelu")(layers.LayerNormalization()(made))
        made = layers.Add()([made, layers.Dropout(0.1)(layers.Dense(width)(wide))])
    return keras.Model(taken, layers.Dense(10)(layers.GlobalAveragePooling1D()(made))), 8


def lstm(share: int) -> tuple[Network, int]:
    """A recurrent layer over sequences, which are loops of TensorFlow's on the CPU."""
    taken = keras.Input((64, 128 // share))
    return keras.Model(taken, layers.Dense(10)(layers.LSTM(256 // share)(taken))), 512


def gru(share: int) -> tuple[Network, int]:
    """The same with two layers and fewer gates."""
    taken = keras.Input((64, 128 // share))
    made = layers.GRU(256 // share, return_sequences=True)(taken)
    return keras.Model(taken, layers.Dense(10)(layers.GRU(256 // share)(made))), 512


def separable(share: int) -> tuple[Network, int]:
    """Depthwise and separable convolutions with silu, as in MobileNet and EfficientNet."""
    taken = keras.Input((64, 64, 3))
    made = layers.Conv2D(64 // share, 3, padding="same", activation="silu")(taken)
    for filters, stride in ((64, 1), (128, 2), (128, 1), (256, 2)):
        made = layers.SeparableConv2D(filters // share, 3, padding="same", activation="silu")(made)
        made = layers.BatchNormalization()(layers.DepthwiseConv2D(3, stride, padding="same")(made))
    return keras.Model(taken, layers.Dense(10)(layers.GlobalAveragePooling2D()(made))), 32


def llama(share: int) -> tuple[Network, int]:
    """Decoder blocks of today: grouped queries, RMS normalization, a gate with silu."""
    width = 256 // share
    taken = keras.Input((256 // share,), dtype="int32")
    made = layers.Embedding(8000 // share, width)(taken)
    for _ in range(3):
        normal = layers.RMSNormalization()(made)
        attention = layers.GroupQueryAttention(32 // share, 8, 4, use_bias=False)
        made = layers.Add()([made, attention(normal, normal)])
        normal = layers.RMSNormalization()(made)
        gate = layers.Dense(3 * width, activation="silu", use_bias=False)(normal)
        wide = layers.Multiply()([gate, layers.Dense(3 * width, use_bias=False)(normal)])
        made = layers.Add()([made, layers.Dense(width, use_bias=False)(wide)])
    return keras.Model(taken, layers.Dense(10)(layers.GlobalAveragePooling1D()(made))), 8


NETWORKS = {
    "mlp": mlp,
    "cnn": cnn,
    "residual": residual,
    "transformer": transformer,
    "lstm": lstm,
    "gru": gru,
    "separable": separable,
    "llama": llama,
}


def main(name: str, folder: Path, share: int) -> None:
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
    network, batch = NETWORKS[name](share)
    batch = batch if share == 1 else 1
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
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
