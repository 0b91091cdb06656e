"""What is seen of a host's desktop through `orchestrate desktop`, and of its programs through SSH."""

import psutil
from PIL import Image

from orchestrator.errors import ExitCode
from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import User
from tests.e2e.web.marker import draw_marker, marked_share

XFCE = ("xfwm4", "xfce4-panel", "xfsettingsd", "xfdesktop")
SHOWN_S = 120


def assert_shows_what_is_drawn(user: User) -> None:
    """Xfce runs, and a marker that is drawn on it is in the picture."""
    wait_for("Xfce", lambda: has_all_of_xfce(user), timeout_s=SHOWN_S)
    draw_marker(user)
    wait_for("the marker", lambda: shows_the_marker(user), timeout_s=SHOWN_S)


def has_all_of_xfce(user: User) -> bool | NotYet:
    """Whether the session's programs run; xfdesktop is the last to come."""
    missing = [program for program in XFCE if not is_running(user, program)]
    return not missing or NotYet(f"no {', '.join(missing)}")


def is_running(user: User, program: str) -> bool:
    """Whether the host has a process of that name."""
    return user.run("ssh", user.fleet, "--", "pgrep", "--exact", program).code == 0


def shows_the_marker(user: User) -> bool | NotYet:
    """Whether a picture of the desktop is the marker, save for its edges."""
    shown = picture(user)
    share = marked_share(shown) if shown else 0.0
    return share > 0.9 or NotYet(f"{share:.0%} of the picture")


def picture(user: User) -> Image.Image | None:
    """What `orchestrate desktop --view` brings; None while the desktop does not answer."""
    file = user.home / "shot.png"
    said = user.run("desktop", "--view", str(file))
    return Image.open(file) if said.code == ExitCode.OK else None


_GREETING = """
import base64, os, socket
asked = (
    "GET /websockify HTTP/1.1\\r\\nHost: localhost\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
    f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n"
)
with socket.create_connection(("127.0.0.1", 6081), timeout=5) as link:
    link.sendall(asked.encode())
    said = b""
    while b"RFB 003" not in said and (more := link.recv(1024)):
        said += more
print(b"RFB 003" in said)
"""


def greets_the_browser(user: User) -> bool | NotYet:
    """Whether the desktop's server answers to what a browser asks on the host itself, through a WebSocket."""
    said = user.run("ssh", user.fleet, "--", "python3", "-c", _GREETING)
    return said.out.strip() == "True" or NotYet(said.err.strip() or said.out.strip())


def on_host(user: User, *argv: str) -> str:
    """What a command on the host printed."""
    said = user.run("ssh", user.fleet, "--", *argv)
    assert said.code == 0, said.err
    return said.out.strip()


def listening_addresses(port: int) -> set[str]:
    """On which addresses of this computer somebody listens on the port."""
    return {
        getattr(link.laddr, "ip", "")
        for link in psutil.net_connections("tcp")
        if link.status == psutil.CONN_LISTEN and getattr(link.laddr, "port", 0) == port
    }
