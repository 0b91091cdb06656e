"""The training of workload `cifar10` as somebody writes it by hand: data, network, `fit`. A line an epoch, nothing checked.

python benchmarks/bare/cifar10.py EPOCHS BATCH_SIZE IMAGES.npz
"""

import json
import sys

import keras
import numpy as np


def main() -> None:
    """Train, test after each epoch, and print its loss and accuracy as JSON when it is over."""
    epochs, batch_size = int(sys.argv[1]), int(sys.argv[2])
    keras.utils.set_random_seed(1)
    with np.load(sys.argv[3]) as file:
        images, classes, test = file["images"], file["classes"], (file["test_images"], file["test_classes"])
    whole = len(images) // batch_size * batch_size
    images, classes = images[:whole], classes[:whole]
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    told = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: print(
            json.dumps({"event": "epoch", "epoch": epoch + 1} | logs), flush=True
        )
    )
    model.fit(
        images,
        classes,
        batch_size=batch_size,
        epochs=epochs,
        validation_data=test,
        validation_batch_size=1000,
        callbacks=[told],
        verbose=0,
    )


if __name__ == "__main__":
    main()
