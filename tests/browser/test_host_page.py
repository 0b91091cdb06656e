"""The host's page in Chromium: for those who see it, who use the keyboard, and who listen."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from gpuhost.page import render as host_page
from gpuhost.page.values import Snapshot
from tests.browser.chromium import DESKTOP, PHONE, assert_is_accessible, tab_order, width
from tests.unit.gpuhost.page.samples import bare, full

pytestmark = pytest.mark.browser

Shown = Callable[..., Page]


@pytest.fixture
def shown(page: Page, tmp_path: Path) -> Shown:
    """A way to show a page of the program in the browser."""

    def show(snapshot: Snapshot, *, old: bool = False) -> Page:
        file = tmp_path / "index.html"
        file.write_text(host_page.document(snapshot, host_page.style(), old=old))
        page.goto(file.as_uri())
        return page

    return show


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sample", [full, bare], ids=["full", "bare"])
def test_axe_finds_nothing_serious_on_the_page(
    shown: Shown, sample: Callable[[], object], scheme: str
) -> None:
    page = shown(sample())
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert_is_accessible(page)


def test_axe_finds_nothing_serious_on_an_old_page(shown: Shown) -> None:
    page = shown(full(), old=True)
    assert page.get_by_role("alert").inner_text().startswith("This page is old.")
    assert_is_accessible(page)


def test_the_tab_key_goes_through_the_links_in_the_order_in_which_they_are_read(shown: Shown) -> None:
    links = [
        "Desktop",
        "Notebooks",
        "TensorBoard",
        "Handbook",
        "Full report",
        "Certificate as JSON",
        "Stop refreshing",
    ]
    assert tab_order(shown(full())) == ["To the content", *links]


def test_the_first_link_leads_past_the_heading(shown: Shown) -> None:
    page = shown(full())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_who_listens_finds_landmarks_headings_and_tables_by_name(shown: Shown) -> None:
    page = shown(full())
    assert page.title() == "gpu-7.example.org"
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    assert page.get_by_role("region", name="Graphics cards").count() == 1
    disks = page.get_by_role("table", name="Room on file systems")
    assert disks.get_by_role("rowheader").all_inner_texts() == ["/", "/data"]


@pytest.mark.parametrize(("size", "columns"), [(PHONE, 1), (DESKTOP, 3)], ids=["phone", "desktop"])
def test_parts_stand_side_by_side_where_there_is_room(
    shown: Shown, size: dict[str, int], columns: int
) -> None:
    page = shown(full())
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    boxes = [part.bounding_box() for part in page.locator(".columns > section").all()]
    assert len({round(box["x"]) for box in boxes if box}) == columns


def test_a_page_that_is_enlarged_four_times_needs_no_scrolling_sideways(shown: Shown) -> None:
    page = shown(full())
    page.set_viewport_size({"width": DESKTOP["width"] // 4, "height": DESKTOP["height"] // 4})
    assert width(page) <= DESKTOP["width"] // 4


def test_what_a_name_holds_is_never_run(shown: Shown) -> None:
    page = shown(full(title="<img src=x onerror=document.title='run'>"))
    assert page.locator("h1").inner_text() == "<img src=x onerror=document.title='run'>"
    assert page.locator("img").count() == 0


def test_the_page_asks_for_nothing_and_its_policy_stops_nothing_of_its_own(page: Page, shown: Shown) -> None:
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: requests.append(request.url))
    shown(full())
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
