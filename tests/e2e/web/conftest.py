"""Chromium for tests that look at what a fleet serves."""

from tests.browser.conftest import browser

__all__ = ["browser"]
