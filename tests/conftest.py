"""What tests of several folders share."""

from __future__ import annotations

import gc
import locale
import os
import signal
import sys
import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.process_state import left_behind, process_state

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.images import LentImages

# What a shell starts with `&` or nohup has Ctrl-C ignored, and so have the commands that a test starts and stops by it.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Nor does a test depend on what the shell that started it has set for the programs that it tests.
OURS = (
    "ANSIBLE_",
    "AWS_",
    "COLUMNS",
    "FORCE_COLOR",
    "LINES",
    "NO_COLOR",
    "ORCHESTRATE_",
    "PYTHONDONTWRITEBYTECODE",
    "TZ",
)
LONGEST = (
    "tests/e2e/web/test_services.py",
    "tests/e2e/test_whole_way.py",
    "tests/e2e/test_jump_host.py",
    "tests/e2e/test_releases.py",
    "tests/e2e/test_lab_inventory.py",
    "tests/e2e/web/test_tunnels.py",
)
"""Modules that take minutes, the longest first. A module's tests run one after another, in one of several processes."""
for name in [name for name in os.environ if name.startswith(OURS)]:
    del os.environ[name]
# Each interpreter that a test starts would compile all that it imports again.
sys.dont_write_bytecode = False
time.tzset()
# As Ansible sets it, wherever a test first lets it in.
locale.setlocale(locale.LC_ALL, "")
os.umask(0o022)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The role scenarios that are due come first, then the modules of LONGEST: they would be what one process ends with alone."""
    items.sort(key=lambda item: (item.get_closest_marker("changed") is None, _turn(item)))


def _turn(item: pytest.Item) -> int:
    module = item.nodeid.partition("::")[0]
    return LONGEST.index(module) if module in LONGEST else len(LONGEST)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What collecting makes stays until the end: nobody looks for garbage in it, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def _process_as_it_was() -> Iterator[None]:
    """No test changes the process for those after it; which they are, in one of several, differs from run to run."""
    before = process_state()
    yield
    left = left_behind(before)
    assert not left, "the test leaves the process changed:\n" + "\n".join(left)


@pytest.fixture(autouse=True, scope="module")
def _process_as_it_was_before_the_module() -> Iterator[None]:
    """The same for what a module's tests share."""
    before = process_state()
    yield
    left = left_behind(before)
    assert not left, "the module leaves the process changed:\n" + "\n".join(left)


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
