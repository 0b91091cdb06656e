"""What tests of several folders share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# What a shell starts with `&` or nohup has Ctrl-C ignored, and so have the commands that a test starts and stops by it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window. As long as it is there, its event loop runs in this thread and no other may."""
    from tests.browser.chromium import launched  # unit tests run where Playwright is not

    with launched() as started:
        yield started
