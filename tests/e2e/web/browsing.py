"""The tools of a host in the browser, as `orchestrate open` gives them; and the engine beneath it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Error, Page, Request, WebSocket

from tests.e2e.user import User, engine

LOADS = 10
NETWORK_CHANGED = "ERR_NETWORK_CHANGED"
"""What Chromium says of a request that a new address of this computer ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where a tool is, and who may see it."""

    url: str
    user: str
    password: str
    desktop_password: str = ""


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


def load(page: Page, url: str) -> None:
    """Go there; again where this computer's network changed meanwhile. Containers of other tests come and go, and Chromium drops what it
    is loading then, so that a page would stand there without a part of its program.
    """
    for _ in range(LOADS):
        dropped: list[str] = []

        def note(request: Request, dropped: list[str] = dropped) -> None:
            if NETWORK_CHANGED in (request.failure or ""):
                dropped.append(request.url)

        page.on("requestfailed", note)
        try:
            page.goto(url)
        except Error as error:
            if NETWORK_CHANGED not in error.message:
                raise
            dropped.append(url)
        finally:
            page.remove_listener("requestfailed", note)
        if not dropped:
            return
    raise AssertionError(f"the network changed in each of {LOADS} loads of {url}: {dropped}")


@contextmanager
def told_on_failure(user: User, page: Page) -> Iterator[None]:
    """Where the block fails, print what the page, its connections and the fleet's first host said meanwhile."""
    said: list[str] = []

    def follow(link: WebSocket) -> None:
        said.append(f"opens {link.url}")
        link.on("close", lambda _: said.append(f"{link.url} was closed"))
        link.on("socketerror", lambda error: said.append(f"{link.url}: {error}"))

    page.on("websocket", follow)
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("requestfailed", lambda request: said.append(f"{request.url}: {request.failure}"))
    page.on(
        "response",
        lambda answer: said.append(f"{answer.url}: {answer.status}") if answer.status >= 400 else None,
    )
    try:
        yield
    except BaseException:
        print("\n".join(said), page.locator("body").inner_text(), sep="\n")
        look = (
            "systemctl --no-pager --no-legend list-units 'orchestrate-vnc*'; journalctl --no-pager --lines=60"
        )
        print(engine("exec", user.container(f"{user.fleet}-1"), "sh", "-c", look).decode(errors="replace"))
        raise
