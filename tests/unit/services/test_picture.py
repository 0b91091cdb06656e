"""A picture of a desktop, taken from a VNC server; each in a process of its own, since a reactor starts once."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.repo.tree import ROOT
from tests.unit.services.vnc_screen import HEIGHT, WIDTH, Screen, vnc_screen

TAKE = """
import sys
from pathlib import Path
from orchestrator.errors import OrchestrateError
from orchestrator.services.picture import take_picture
try:
    print(*take_picture(int(sys.argv[1]), sys.stdin.read(), Path(sys.argv[2])))
except OrchestrateError as error:
    print(error.cause)
"""


@pytest.mark.parametrize("depth", [24, 16])
def test_the_picture_shows_what_the_screen_shows(tmp_path: Path, depth: int) -> None:
    with vnc_screen(Screen(red=255, green=130, blue=0, depth=depth)) as port:
        assert taken(port, tmp_path / "shot") == f"{WIDTH} {HEIGHT}"
    with Image.open(tmp_path / "shot", formats=("PNG",)) as picture:
        seen = picture.convert("RGB").getpixel((WIDTH - 1, HEIGHT - 1))
    assert seen == pytest.approx((255, 130, 0), abs=4)


def test_a_wrong_password_is_said_in_the_servers_words(tmp_path: Path) -> None:
    with vnc_screen(Screen(red=0, green=0, blue=0, refusal="Authentication failed")) as port:
        said = taken(port, tmp_path / "shot.png")
    assert said == "the desktop does not let us in: Authentication failed"
    assert not (tmp_path / "shot.png").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with vnc_screen(Screen(red=0, green=0, blue=0)) as port:
        said = taken(port, tmp_path / "missing" / "shot.png")
    assert said == f"{tmp_path}/missing/shot.png is not written: No such file or directory"


def taken(port: int, file: Path) -> str:
    """What comes of taking a picture; nothing may be said beside it."""
    ended = subprocess.run(
        (sys.executable, "-c", TAKE, str(port), str(file)),
        cwd=ROOT,
        input="labpass1",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ended.stderr == ""
    return ended.stdout.strip()
