"""Property tests try the same cases in every run, keep no files, and are not hurried on a busy computer. No test changes the umask
or the locale of those after it."""

import locale
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("same cases every time", deadline=None, database=None, derandomize=True)
settings.load_profile("same cases every time")


@pytest.fixture(autouse=True)
def umask_and_locale() -> Iterator[None]:
    """Programs that are run within a test set the umask of their process, and Ansible's modules its locale."""
    umask, language = os.umask(0o022), locale.setlocale(locale.LC_ALL)
    yield
    locale.setlocale(locale.LC_ALL, language)
    os.umask(umask)
