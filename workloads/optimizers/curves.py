"""Curves of several optimizers over several seeds: mean and spread per epoch, as rows and as a picture. Pure, but for the file."""

from collections.abc import Sequence
from pathlib import Path

from workloads.optimizers.training import OPTIMIZERS, Training
from workloads.result import Row

PICTURE = "optimizers.svg"
FIGURES = ("loss", "test_loss", "test_accuracy")
_COLOURS = dict(zip(OPTIMIZERS, ("#c0392b", "#2471a3", "#7d6608", "#1e8449"), strict=True))
_NAMES = {"eve": "Eve", "adam": "Adam", "sgd": "SGD with momentum", "rmsprop": "RMSprop"}


def rows(trainings: Sequence[Training]) -> tuple[Row, ...]:
    """A row for each optimizer and epoch: the mean over the seeds, and the least and the largest."""
    found = []
    for optimizer in OPTIMIZERS:
        own = [each.epochs for each in trainings if each.optimizer == optimizer]
        for number, figures in enumerate(zip(*own, strict=True), start=1):
            row: Row = {"optimizer": optimizer, "epoch": number, "seeds": len(own)}
            for name in FIGURES:
                row |= _spread(name, [getattr(each, name) for each in figures])
            found.append(row)
    return tuple(found)


def draw(curves: Sequence[Row], path: Path) -> None:
    """Training loss and test accuracy over the epochs: a line for the mean, a band from the least to the largest."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.5), layout="constrained")
    axes = figure.subplots(1, 2)
    for axis, (name, label) in zip(
        axes, (("loss", "training loss"), ("test_accuracy", "test accuracy")), strict=True
    ):
        for optimizer in dict.fromkeys(str(row["optimizer"]) for row in curves):
            own = [row for row in curves if row["optimizer"] == optimizer]
            epochs = [row["epoch"] for row in own]
            low, mean, high = ([row[f"{name}_{part}"] for row in own] for part in ("min", "mean", "max"))
            colour = _COLOURS[optimizer]
            axis.plot(epochs, mean, color=colour, marker="o", markersize=3, label=_NAMES[optimizer])
            axis.fill_between(epochs, low, high, color=colour, alpha=0.2, linewidth=0)
        axis.set_xlabel("epoch")
        axis.set_ylabel(label)
        axis.grid(visible=True, alpha=0.3)
        axis.xaxis.get_major_locator().set_params(integer=True)
    axes[0].legend()
    seeds = max((int(row["seeds"] or 0) for row in curves), default=0)
    figure.suptitle(f"Mean and range over {seeds} seed{'' if seeds == 1 else 's'}")
    # Text stays text, and the same figures make the same file.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "workloads"}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def _spread(name: str, values: Sequence[float]) -> Row:
    return {
        f"{name}_mean": round(sum(values) / len(values), 6),
        f"{name}_min": min(values),
        f"{name}_max": max(values),
    }
