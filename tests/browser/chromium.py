"""Pages in real Chromium: opened at two widths, gone through with the keyboard, and judged by axe.

What fails is told with the rule, the place on the page and axe's own explanation.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
"""Chromium as root, without a card and in a container has to do without these."""

PHONE = {"width": 375, "height": 812}
DESKTOP = {"width": 1280, "height": 900}
GRAVE = frozenset({"serious", "critical"})
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@contextmanager
def launched() -> Iterator[Browser]:
    """The computer's own Chromium, without a window."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    assert program, "no Chromium on this computer\n  try: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def assert_is_accessible(page: Page) -> None:
    """axe finds nothing serious or critical, at a phone's width and at a desktop's, and nothing is wider than either."""
    for size in (PHONE, DESKTOP):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        found = Axe().run(page, options={"runOnly": list(RULES)}).response["violations"]
        grave = [told(each) for each in found if each["impact"] in GRAVE]
        assert not grave, f"at {size['width']} pixels:\n" + "\n".join(grave)
        assert width(page) <= size["width"], f"at {size['width']} pixels the page is {width(page)} wide"


def told(violation: dict[str, Any]) -> str:
    """One finding of axe in a few lines."""
    places = [f"  {node['target']}: {node['failureSummary']}" for node in violation["nodes"][:3]]
    return "\n".join([f"{violation['id']} ({violation['impact']}): {violation['help']}", *places])


def width(page: Page) -> int:
    """How wide the content is."""
    return int(page.evaluate("document.documentElement.scrollWidth"))


def tab_order(page: Page, *, at_most: int = 60) -> list[str]:
    """What the Tab key reaches, in order, by its words; fails where something that has the focus does not show it."""
    page.evaluate("document.activeElement.blur()")
    reached: list[str] = []
    for _ in range(at_most):
        page.keyboard.press("Tab")
        name = str(page.evaluate("document.activeElement.innerText || ''")).strip()
        if page.evaluate("document.activeElement === document.body") or (reached and name == reached[0]):
            return reached
        assert page.evaluate(SHOWS_FOCUS), f"{name!r} has the focus and does not show it"
        reached.append(name)
    return reached


SHOWS_FOCUS = """() => ['', '::after'].some(part => {
  const style = getComputedStyle(document.activeElement, part || null);
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
})"""
"""An outline of the element itself, or of what it covers."""
