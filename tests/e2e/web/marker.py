"""A window in a colour that no desktop theme has, over the whole of a user's desktop; and looking for that colour."""

from PIL import Image

from tests.e2e.user import User

COLOUR = (0xE0, 0x20, 0xA0)

_DRAW = """
export DISPLAY="$1" DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$(id -u)/bus"
setsid xfce4-terminal --disable-server --fullscreen --hide-menubar --hide-scrollbar \
    "--color-bg=$2" "--color-text=$2" --command "sleep 3600" > marker.log 2>&1 < /dev/null &
"""


def draw_marker(user: User, display: str = ":1") -> None:
    """Open the window, from a shell on the fleet's host, as whoever logs in there."""
    colour = "#" + bytes(COLOUR).hex()
    said = user.run("ssh", user.fleet, "--", "sh", "-c", _DRAW, "sh", display, colour)
    assert said.code == 0, said.err


def marked_share(picture: Image.Image) -> float:
    """How much of the picture has the marker's colour: 0.0 to 1.0."""
    whole = picture.convert("RGB")
    seen = sum(count for count, colour in whole.getcolors(1 << 24) or () if _is_near(colour))
    return seen / (whole.width * whole.height)


def _is_near(colour: object) -> bool:
    return isinstance(colour, tuple) and all(
        abs(got - wanted) < 12 for got, wanted in zip(colour, COLOUR, strict=True)
    )
