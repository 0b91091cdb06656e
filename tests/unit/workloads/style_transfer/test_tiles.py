"""Pictures are cut only where they do not fit, and refused where not even a tile does."""

import numpy as np
import pytest

from tests.unit.workloads.style_transfer.test_layers import random_weights
from workloads.result import Kind
from workloads.style_transfer.network.forward import numpy_stylize
from workloads.style_transfer.network.layers import STRIDE, layers, reach
from workloads.style_transfer.tiles import LEAST, MIB, NotEnoughMemoryError, Room, crops, need, plan, spans

NETWORK = layers(32)
PHOTO = (2828, 4242)


def room(mib: int, kind: Kind = Kind.CPU) -> Room:
    return Room(kind=kind, free=mib * MIB, source="MemAvailable")


def test_a_picture_that_fits_is_made_at_once() -> None:
    made = plan(NETWORK, room(16_384), PHOTO, "auto")
    assert (made.tile, made.count, made.height, made.width) == (None, 1, 2828, 4244)


def test_a_picture_that_does_not_fit_is_cut_into_the_largest_tiles_that_do() -> None:
    made = plan(NETWORK, room(2048), PHOTO, "auto")
    assert made.tile is not None
    assert made.need <= 2048 * MIB * 0.9 < need(NETWORK, Kind.CPU, PHOTO, made.tile + 64)
    assert made.count > 1


def test_a_host_without_room_for_a_single_tile_is_told_before() -> None:
    with pytest.raises(NotEnoughMemoryError, match=r"tiles of 256 needs \d+ MiB of the CPU's memory"):
        plan(NETWORK, room(400), PHOTO, "auto")


def test_whoever_wants_no_tiles_is_told_what_is_missing_and_what_to_type() -> None:
    with pytest.raises(NotEnoughMemoryError) as refused:
        plan(NETWORK, room(4000), PHOTO, "none")
    assert str(refused.value).startswith("a picture of 4242x2828 as a whole needs ")
    assert "90% of the 4000 MiB that are free (MemAvailable) is less" in str(refused.value)
    assert "--tile auto" in str(refused.value)


def test_a_tile_of_the_wrong_size_is_refused_too() -> None:
    with pytest.raises(NotEnoughMemoryError, match="in tiles of 4000"):
        plan(NETWORK, room(4000), PHOTO, "4000")
    assert plan(NETWORK, room(4000), PHOTO, "1024").tile == 1024


def test_a_tile_larger_than_the_picture_is_the_picture() -> None:
    made = plan(NETWORK, room(16_384), (300, 500), "1024")
    assert (made.tile, made.count, made.height, made.width) == (None, 1, 300, 500)


@pytest.mark.parametrize("side", [256, 260, 512, 708, 4244])
def test_tiles_have_one_size_and_what_is_kept_joins_without_a_gap(side: int) -> None:
    overlap = reach(NETWORK)
    made = spans(side, LEAST, overlap)
    assert {each.end - each.start for each in made} == {min(LEAST, side)}
    assert [each.keep_start for each in made] == [0, *(each.keep_end for each in made[:-1])]
    assert made[-1].keep_end == made[-1].end == side
    for each in made:
        assert each.start % STRIDE == 0
        assert each.keep_start == 0 or each.keep_start - each.start >= overlap
        assert each.keep_end == side or each.end - each.keep_end >= overlap


def test_numpy_s_tiles_are_numpy_s_whole_picture() -> None:
    network, weights = layers(2), random_weights(2)
    height, width, tile = 2 * reach(network) + 40, 2 * reach(network) + 24, 2 * reach(network) + 16
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 3)).astype(np.uint8)
    whole = numpy_stylize(network, weights, pixels[None])[0]
    found = np.full_like(whole, np.nan)
    overlap = reach(network)
    for rows in spans(height, tile, overlap):
        for columns in spans(width, tile, overlap):
            cut = pixels[rows.start : rows.end, columns.start : columns.end]
            part = numpy_stylize(network, weights, cut[None])[0]
            found[rows.keep_start : rows.keep_end, columns.keep_start : columns.keep_end] = part[
                rows.keep_start - rows.start : rows.keep_end - rows.start,
                columns.keep_start - columns.start : columns.keep_end - columns.start,
            ]
    assert abs(found - whole).max() < 1e-12


def test_every_tile_of_a_plan_is_told_row_by_row() -> None:
    made = plan(NETWORK, room(2048), (600, 600), "512")
    assert len(list(crops(made))) == made.count == 4


def test_a_gpu_needs_no_room_for_the_host_s_pictures_and_more_for_its_libraries() -> None:
    on_cpu, on_gpu = (need(NETWORK, kind, PHOTO, None) for kind in (Kind.CPU, Kind.GPU))
    assert on_gpu - on_cpu == 512 * MIB - 6 * 2828 * 4244
