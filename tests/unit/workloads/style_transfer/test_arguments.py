"""Sizes and tiles on the command line."""

import argparse

import pytest

from workloads.style_transfer import arguments


def test_a_size_is_a_width_and_a_height() -> None:
    assert arguments.size("4242x2828") == (4242, 2828)


@pytest.mark.parametrize("text", ["4242", "4242x", "x", "4242x2828x3", "100x2828", "4242x40000", "-1x300"])
def test_any_other_size_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.size(text)


def test_a_tile_is_rounded_up_to_what_can_be_cut() -> None:
    assert [arguments.tile(text) for text in ("auto", "none", "1001", "256")] == [
        "auto",
        "none",
        "1004",
        "256",
    ]


@pytest.mark.parametrize("text", ["255", "0", "all", "1.5"])
def test_any_other_tile_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.tile(text)


def test_a_crop_is_a_multiple_of_four() -> None:
    assert arguments.crop("128") == 128
    for text in ("60", "130", "2048"):
        with pytest.raises(argparse.ArgumentTypeError):
            arguments.crop(text)
