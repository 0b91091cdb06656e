"""The training of workload `fashion_mnist` as somebody writes it by hand: data, network, `fit`. No callback, nothing checked.

python benchmarks/bare/fashion_mnist.py EPOCHS BATCH_SIZE
"""

import json
import sys
import time

import keras


def main() -> None:
    """Train, and print images/s of the epochs after the first as JSON."""
    epochs, batch_size = int(sys.argv[1]), int(sys.argv[2])
    keras.utils.set_random_seed(1)
    (images, classes), (test_images, test_classes) = keras.datasets.fashion_mnist.load_data()
    batches = len(images) // batch_size
    images, classes = images[: batches * batch_size, ..., None], classes[: batches * batch_size]
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), dtype="uint8"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            keras.layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    rate = keras.optimizers.schedules.CosineDecay(0.01, batches * epochs)
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(images, classes, batch_size=batch_size, epochs=1, verbose=0)
    began = time.monotonic()
    model.fit(images, classes, batch_size=batch_size, epochs=epochs, initial_epoch=1, verbose=0)
    trained = len(images) * (epochs - 1)
    told = {
        "images_per_s": trained / (time.monotonic() - began),
        "accuracy": model.evaluate(test_images[..., None], test_classes, batch_size=1000, verbose=0)[1],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
