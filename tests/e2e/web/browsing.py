"""The tools of a host in the browser, as `orchestrate open` gives them; and the engine beneath it."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from tests.e2e.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where a tool is, and who may see it."""

    url: str
    user: str
    password: str
    desktop_password: str = ""


def engine(*words: str, said: bytes = b"") -> bytes:
    """What Docker answers."""
    return subprocess.run(("docker", *words), check=True, capture_output=True, input=said, timeout=240).stdout


@contextmanager
def opened(user: User, tool: str) -> Iterator[Login]:
    """`orchestrate open` for as long as the block runs."""
    with user.running("open", tool, "--no-open", "--json", "--show-password") as command:
        command.wait_until_it_says("}")
        said = json.loads(command.said[command.said.index("{") :])
        yield Login(**{name: said[name] for name in Login.__dataclass_fields__ if name in said})
        assert command.press_ctrl_c() == 130


@contextmanager
def at(browser: Browser, login: Login) -> Iterator[Page]:
    """A page of somebody who has logged in."""
    context = browser.new_context(
        http_credentials={"username": login.user, "password": login.password},
        permissions=["clipboard-read", "clipboard-write"],
        viewport={"width": 1280, "height": 800},
    )
    try:
        yield context.new_page()
    finally:
        context.close()
