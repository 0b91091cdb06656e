"""Open a viewer or a browser on this computer, where one is there and somebody could see it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping

Which = Callable[[str], str | None]


def has_display(environ: Mapping[str, str], platform: str) -> bool:
    """True when a window can be opened."""
    return platform == "darwin" or any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def viewer_argv(port: int, platform: str, which: Which) -> tuple[str, ...]:
    """The command that shows a VNC server on this computer's port; empty when no viewer is installed."""
    if platform == "darwin":
        return ("open", f"vnc://127.0.0.1:{port}")
    if which("vncviewer"):
        return ("vncviewer", f"127.0.0.1::{port}")
    for viewer in ("remmina", "vinagre", "krdc"):
        if which(viewer):
            words = ("-c",) if viewer == "remmina" else ()
            return (viewer, *words, f"vnc://127.0.0.1:{port}")
    return ()


def open_viewer(port: int) -> bool:
    """Start the viewer beside us; False when there is none, or nobody would see it."""
    if not has_display(os.environ, sys.platform):
        return False
    argv = viewer_argv(port, sys.platform, shutil.which)
    if argv:
        subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return bool(argv)


def open_browser(url: str) -> bool:
    """Open the address in the user's browser; False when there is none, or nobody would see it."""
    if not (has_display(os.environ, sys.platform) or os.environ.get("BROWSER")):
        return False
    import webbrowser

    return webbrowser.open(url)
