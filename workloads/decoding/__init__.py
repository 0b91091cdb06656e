"""What other people's code raises of a file that it reads or writes, named as the job's own error. Reads and writes nothing itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workloads.result import CannotRunError


@contextmanager
def named(refuse: Callable[[str], CannotRunError]) -> Iterator[None]:
    """Around what reads or writes a file: whatever it raises becomes one error of the job's own.

    Decoders of zip, gzip, xz, tar, NumPy and pictures raise errors of any kind of what is damaged, HDF5 and LMDB of a full disk, and others
    in each release: a list of them is never whole. Errors of the job's own pass through. Want of memory stays that, with the file named: what is damaged may ask for
    any amount.

    Args:
        refuse: makes the error of what the decoder said.

    Raises:
        CannotRunError: what `refuse` made.
        MemoryError: with the same words.
    """
    try:
        yield
    except CannotRunError:
        raise
    except MemoryError as cause:
        raise MemoryError(str(refuse(_words(cause) or "it takes more memory than there is"))) from cause
    except Exception as cause:
        raise refuse(_words(cause) or type(cause).__name__) from cause


def _words(cause: Exception) -> str:
    """On one line, as errors are told."""
    return " ".join(str(cause).split())
