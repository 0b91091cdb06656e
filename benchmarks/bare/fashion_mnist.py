"""The training of workload `fashion_mnist` as somebody writes it by hand: data, network, `fit`. A line an epoch, nothing checked.

python benchmarks/bare/fashion_mnist.py EPOCHS BATCH_SIZE
"""

import json
import sys

import keras


def main() -> None:
    """Train, and print each epoch's loss and accuracy as JSON when it is over."""
    epochs, batch_size = int(sys.argv[1]), int(sys.argv[2])
    keras.utils.set_random_seed(1)
    (images, classes), _ = keras.datasets.fashion_mnist.load_data()
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
    told = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: print(
            json.dumps({"event": "epoch", "epoch": epoch + 1} | logs), flush=True
        )
    )
    model.fit(images, classes, batch_size=batch_size, epochs=epochs, callbacks=[told], verbose=0)


if __name__ == "__main__":
    main()
