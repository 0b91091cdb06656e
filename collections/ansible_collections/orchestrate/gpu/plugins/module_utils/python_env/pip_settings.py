"""Root's own configuration of pip, as far as it does not count: where packages come from it may say, where they go it may not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

SETTINGS = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
"""`user` is refused in an environment, and beside `--prefix` and `--target`. A conda environment is none of those that
`require-virtualenv` takes."""


@contextmanager
def into_the_environment() -> Iterator[None]:
    """Have each pip that is started meanwhile install where it is told."""
    before = {name: os.environ.get(name) for name in SETTINGS}
    os.environ.update(SETTINGS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
