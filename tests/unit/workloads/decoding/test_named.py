"""Whatever a decoder raises becomes the error of the job, with the file's name."""

import lzma
import zlib

import pytest

from workloads.decoding import named
from workloads.result import DataSetError


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (zlib.error("Error -3"), "Error -3"),
        (lzma.LZMAError("Corrupt input data"), "Corrupt input data"),
        (EOFError(), "EOFError"),
        (SyntaxError("Failed to decode frame 0"), "Failed to decode frame 0"),
        (OSError("302:\n  Found\n"), "302: Found$"),
    ],
)
def test_an_error_of_any_kind_is_told_as_one_of_the_file(cause: Exception, said: str) -> None:
    with pytest.raises(DataSetError, match=f"^otto cannot be read: {said}") as refused:
        decode(cause)
    assert refused.value.__cause__ is cause


def test_an_error_of_the_jobs_own_is_left_as_it_is() -> None:
    own = DataSetError("line 3: 'x' is not a number")
    with pytest.raises(DataSetError) as refused:
        decode(own)
    assert refused.value is own


def test_want_of_memory_stays_that_and_names_the_file() -> None:
    with pytest.raises(MemoryError, match="otto cannot be read: it takes more memory than there is"):
        decode(MemoryError())
    with pytest.raises(MemoryError, match="otto cannot be read: Unable to allocate 7 TiB"):
        decode(MemoryError("Unable to allocate 7 TiB"))


def decode(cause: Exception) -> None:
    with named(lambda said: DataSetError(f"otto cannot be read: {said}")):
        raise cause
