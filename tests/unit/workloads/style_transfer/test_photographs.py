"""Pictures come from files as people took them, or are made the same way each time."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workloads.style_transfer import photographs
from workloads.style_transfer.photographs import PictureError


def test_a_file_is_read_as_it_is_or_brought_to_a_size(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    pixels = np.random.default_rng(1).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    photographs.write(pixels, path)
    read = photographs.photograph(path, None, seed=1)
    assert (read.pixels == pixels).all()
    assert (read.source, read.size) == (str(path), (30, 40))
    assert photographs.photograph(path, (20, 10), seed=1).size == (10, 20)


def test_a_photograph_taken_upright_stands_upright(tmp_path: Path) -> None:
    picture = Image.new("L", (40, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: rotated by a quarter
    picture.save(tmp_path / "photo.jpg", exif=exif)
    assert photographs.photograph(tmp_path / "photo.jpg", None, seed=1).pixels.shape == (40, 30, 3)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\ncut off"])
def test_a_file_that_is_no_picture_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "photo.png").write_bytes(content)
    with pytest.raises(PictureError, match=r"photo\.png cannot be read as a picture"):
        photographs.photograph(tmp_path / "photo.png", None, seed=1)
    with pytest.raises(PictureError, match="none"):
        photographs.style(tmp_path / "none", seed=1)


def test_a_grey_picture_of_16_bits_keeps_its_shades(tmp_path: Path) -> None:
    grey = np.random.default_rng(1).integers(0, 256, (30, 40)).astype(np.uint16)
    Image.fromarray(grey * 257).save(tmp_path / "photo.png")
    read = photographs.photograph(tmp_path / "photo.png", None, seed=1).pixels
    assert (read == grey[..., None]).all()


def test_the_shorter_side_of_a_style_is_brought_to_one_size(tmp_path: Path) -> None:
    photographs.write(np.zeros((64, 96, 3), np.uint8), tmp_path / "style.png")
    assert photographs.style(tmp_path / "style.png", seed=1).size == (512, 768)


def test_what_is_made_on_the_spot_has_the_size_asked_for_and_follows_from_the_seed() -> None:
    made = photographs.photograph(None, (96, 64), seed=1)
    assert (made.size, made.source) == ((64, 96), "made on the spot")
    assert (made.pixels == photographs.landscape(96, 64, 1)).all()
    assert (made.pixels != photographs.landscape(96, 64, 2)).any()
    assert made.pixels.std() > 20
    strokes = photographs.strokes(64, 1)
    assert strokes.shape == (64, 64, 3)
    assert (strokes == photographs.strokes(64, 1)).all()
    assert strokes.std() > 20
