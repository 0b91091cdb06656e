"""Paint a large photograph in the style of a picture, on the GPU and on the CPU: seconds and memory of each.

Whether it fits is known before anything is computed. The weights come from a file, or are learnt on the spot: then the style is a
simple one, which `training` explains, and nothing of the measurement depends on it.
"""

from pathlib import Path

from workloads.checks import declared
from workloads.devices.opening import BACKENDS, ROOT, computing, open_framework, tell_memory
from workloads.memory import gpu, host
from workloads.output import Draft, keep
from workloads.packages import package
from workloads.progress import Record
from workloads.result import Kind
from workloads.style_transfer import judge, photographs
from workloads.style_transfer.arguments import StyleArguments, add_options, from_options
from workloads.style_transfer.learning import training
from workloads.style_transfer.network import weights as files
from workloads.style_transfer.network.forward import numpy_stylize
from workloads.style_transfer.network.layers import STRIDE, layers, multiplications, reach
from workloads.style_transfer.network.weights import Array, Weights
from workloads.style_transfer.photographs import Picture
from workloads.style_transfer.rendering import Painter, Rendering, Watch, error, render, seam
from workloads.style_transfer.tiles import LEAST, MIB, Room, mib, plan
from workloads.workload import Folders, Workload

CHECKS = declared("style_transfer")

_PATCH = 48
"""Pixels a side of what NumPy computes too: larger than the network's reach from its middle."""


def run(record: Record, arguments: StyleArguments, folders: Folders) -> None:
    """Learn or load the style, paint on each kind of device, and make every check. Table: `pictures`.

    Lets through what `open_framework` raises, and the framework's own errors.

    Args:
        record: what is found goes there.
        arguments: what is asked.
        folders: where pictures and weights go.

    Raises:
        MissingPackageError: pillow is not in the environment.
        NotEnoughMemoryError: the picture does not fit as it was asked for.
        PictureError: a picture cannot be read.
        WeightsError: the weights cannot be read.
    """
    free = {} if arguments.device == "cpu" else gpu.free()
    opened = open_framework(record)
    if opened is None:
        return
    framework, wanted = opened
    package("PIL.Image", "pillow")
    photograph = _photograph(record, arguments, folders.output)
    width, weights = _weights(record, arguments, photograph, folders.output)
    network = layers(width)
    # The first card, and the CPU beside it: what a GPU is worth here.
    devices = tuple(dict.fromkeys((computing(wanted, record.devices)[0], "CPU:0")))
    painters = [Painter(framework, arguments.backend, device, network, weights) for device in devices]
    _compare(record, painters, weights, photograph.pixels)
    renderings = []
    watch = Watch(repeats=arguments.repeats, now=record.clock.monotonic)
    for painter in painters:
        room = _room(record, painter.device, free)
        made = plan(network, room, photograph.size, arguments.tile)
        renderings.append(render(painter, photograph.pixels, made, room, watch))
        _tell(record, renderings[-1], folders.output)
    record.metrics["gigaflop"] = round(
        2e-9 * multiplications(network, renderings[0].plan.height, renderings[0].plan.width), 1
    )
    record.check(judge.check_memory_predicted(renderings))
    contrast = {made.device: float(made.pixels.std()) for made in renderings}
    change = {made.device: _difference(made.pixels, photograph.pixels) for made in renderings}
    record.check(judge.check_pictures(contrast, change))
    used = judge.check_places(wanted, renderings)
    record.used = None if used.reason else wanted
    record.check(used)
    tell_memory(record, framework)


def _photograph(record: Record, arguments: StyleArguments, output: Path) -> Picture:
    made = photographs.photograph(
        Path(arguments.photo) if arguments.photo else None, arguments.size, arguments.seed
    )
    height, width = made.size
    record.note(f"photograph: {width}x{height}, {made.source}")
    if not arguments.photo:
        draft = Draft(
            name="photograph.jpg", about="what was painted: made on the spot", media_type="image/jpeg"
        )
        keep(record, output, draft, lambda path: photographs.write(made.pixels, path))
    return made


def _weights(
    record: Record, arguments: StyleArguments, photograph: Picture, output: Path
) -> tuple[int, Weights]:
    """The network's width and weights, from the file or learnt."""
    if arguments.weights:
        width, weights = files.load(Path(arguments.weights))
        record.note(f"weights: {arguments.weights}, SHA-256 {files.digest(weights)}")
        record.check(judge.check_style_learnt((), 0.0))
        record.check(judge.check_changed(0, ()))
        return width, weights
    style = photographs.style(Path(arguments.style) if arguments.style else None, arguments.seed)
    draft = Draft(name="style.png", about=f"whose style was learnt: {style.source}", media_type="image/png")
    keep(record, output, draft, lambda path: photographs.write(style.pixels, path))
    learnt = training.learn(
        training.Lessons(
            photograph=photograph,
            style=style,
            width=arguments.width,
            steps=arguments.steps,
            batch=arguments.batch_size,
            crop=arguments.crop,
            seed=arguments.seed,
        ),
        record,
    )
    record.note(f"weights: learnt on the spot in {arguments.steps} steps, by random filters")
    record.metrics |= {"first_loss": learnt.losses[0], "last_loss": learnt.losses[-1]}
    record.check(judge.check_style_learnt(learnt.losses, learnt.first_again))
    record.check(judge.check_changed(learnt.count, learnt.still))
    draft = Draft(
        name="style.npz", about="the weights, for --weights of a later run", media_type="application/zip"
    )
    keep(record, output, draft, lambda path: files.save(learnt.weights, path))
    return arguments.width, learnt.weights


def _compare(record: Record, painters: list[Painter], weights: Weights, pixels: Array) -> None:
    """With NumPy on a patch of the photograph, and tiles with the whole on a larger one."""
    import numpy as np

    network = painters[0].network
    tile = 2 * reach(network) + LEAST // 4
    side = 2 * tile - 2 * reach(network) + 3 * STRIDE
    sample = np.resize(pixels[:side, :side], (side, side, 3))
    patch = np.ascontiguousarray(sample[:_PATCH, :_PATCH])
    expected = numpy_stylize(network, weights, patch[None])[0]
    record.check(judge.check_numpy({painter.device: error(painter, patch, expected) for painter in painters}))
    record.check(judge.check_seams({painter.device: seam(painter, sample, tile) for painter in painters}))


def _room(record: Record, name: str, free: dict[str, int]) -> Room:
    device = next(each for each in record.devices if each.name == name)
    if device.kind is Kind.CPU:
        there = host.available(ROOT)
        return Room(kind=Kind.CPU, free=there.bytes, source=there.source)
    total = (device.memory_mib or 0) * MIB
    arguments = record.arguments
    usable, source = gpu.usable(
        free.get(device.uuid, total), total, arguments.backend, arguments.memory_limit_mib
    )
    return Room(kind=Kind.GPU, free=usable, source=source)


def _tell(record: Record, made: Rendering, output: Path) -> None:
    height, width, _ = made.pixels.shape
    kind = made.kind.lower()
    record.row(
        "pictures",
        {
            "device": made.device,
            "width": width,
            "height": height,
            "tile": made.plan.tile,
            "tiles": made.plan.count,
            "first_seconds": round(made.first_seconds, 3),
            "seconds": round(made.seconds, 3),
            "megapixels_per_s": round(width * height / 1e6 / made.seconds, 3) if made.seconds else None,
            "free_mib": made.room.free // MIB,
            "free_by": made.room.source,
            "need_mib": mib(made.plan.need),
            "before_mib": mib(made.before),
            "peak_mib": mib(made.peak),
        },
    )
    record.metrics |= {f"{kind}_seconds": round(made.seconds, 3), f"{kind}_peak_mib": mib(made.peak)}
    draft = Draft(
        name=f"stylized-{kind}.jpg",
        about=f"the photograph in the style, by {made.device}",
        media_type="image/jpeg",
    )
    keep(record, output, draft, lambda path: photographs.write(made.pixels, path))


def _difference(left: Array, right: Array) -> float:
    """Mean of all colours, in steps of 256."""
    return float(abs(left.astype("int16") - right).mean())


WORKLOAD = Workload(
    name="style_transfer",
    about="a style network over a large photograph: seconds and memory of GPU and CPU",
    checks=CHECKS,
    backends=BACKENDS,
    add_options=add_options,
    arguments=from_options,
    run=run,
)
