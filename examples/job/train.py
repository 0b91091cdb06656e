"""A job to try hosts with: logistic regression on points that it makes up, in plain Python, with its results in `results/`.

    orchestrate run sandbox-1 --gpus 0 --sync examples/job -- python train.py

Writes `results/log.csv`, a line for each pass, and `results/model.json`. SIGTERM, which comes before a job is ended, has it write
what it has.
"""

import argparse
import json
import math
import os
import random
import signal
import sys
import threading
from pathlib import Path

RESULTS = Path("results")


def main() -> int:
    """Learn, and write what was learnt."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=20, help="passes over the points")
    parser.add_argument(
        "--pause", type=float, default=0.5, help="seconds between two passes, to have time to watch"
    )
    given = parser.parse_args()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stopped.set())
    RESULTS.mkdir(exist_ok=True)
    print(f"on {os.environ.get('CUDA_VISIBLE_DEVICES') or 'no GPU'}, with {sys.executable}", flush=True)
    points = made_up(2000)
    weights = [0.0, 0.0, 0.0]
    with (RESULTS / "log.csv").open("w") as log:
        log.write("epoch,loss,accuracy\n")
        for epoch in range(1, given.epochs + 1):
            loss, accuracy = one_pass(points, weights)
            print(f"epoch {epoch}/{given.epochs}: loss {loss:.4f}, accuracy {accuracy:.3f}", flush=True)
            log.write(f"{epoch},{loss:.6f},{accuracy:.4f}\n")
            log.flush()
            if stopped.wait(given.pause):
                print("asked to end: what was learnt is written", flush=True)
                break
    (RESULTS / "model.json").write_text(json.dumps({"weights": weights, "accuracy": accuracy}) + "\n")
    return 0


def made_up(count: int) -> list[tuple[float, float, int]]:
    """Points on either side of a line, some on the wrong one."""
    dice = random.Random(7)  # noqa: S311 - points, not secrets
    points = []
    for _ in range(count):
        x, y = dice.uniform(-1, 1), dice.uniform(-1, 1)
        points.append((x, y, int(x + 2 * y + dice.gauss(0, 0.2) > 0.3)))
    return points


def one_pass(
    points: list[tuple[float, float, int]], weights: list[float], rate: float = 0.05
) -> tuple[float, float]:
    """Stochastic gradient descent; mean loss and the part that was told right."""
    loss, right = 0.0, 0
    for x, y, label in points:
        chance = 1 / (1 + math.exp(-(weights[0] + weights[1] * x + weights[2] * y)))
        loss -= math.log(max(chance if label else 1 - chance, 1e-12))
        right += (chance > 0.5) == bool(label)
        for place, value in enumerate((1.0, x, y)):
            weights[place] -= rate * (chance - label) * value
    return loss / len(points), right / len(points)


if __name__ == "__main__":
    sys.exit(main())
