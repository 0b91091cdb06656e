"""What tests of several folders share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.images import LentImages

# What a shell starts with `&` or nohup has Ctrl-C ignored, and so have the commands that a test starts and stops by it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window. As long as it is there, its event loop runs in this thread and no other may."""
    from tests.browser.chromium import launched  # unit tests run where Playwright is not

    with launched() as started:
        yield started


@pytest.fixture(scope="session")
def lent_images() -> Iterator[LentImages]:
    """Images of hosts that are in the engine before a test needs them."""
    from platformdirs import user_cache_path

    from orchestrator.providers.sandbox.engine import Engine, detect
    from tests.images import LentImages

    images = LentImages(Engine(detect()), user_cache_path("orchestrate") / "images")
    yield images
    images.take_back()
