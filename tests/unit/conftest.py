"""Property tests try the same cases in every run, keep no files, and are not hurried on a busy computer."""

from hypothesis import settings

settings.register_profile("same cases every time", deadline=None, database=None, derandomize=True)
settings.load_profile("same cases every time")
