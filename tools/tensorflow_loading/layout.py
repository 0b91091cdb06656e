"""A folder of packages as pip makes it, with one real library of TensorFlow and stand-ins for NVIDIA's.

A stand-in is an empty library of the same name, at the place where the wheel has the real one: whether it is found is decided
by the name and the place alone. What a real one needs in turn is not tried by it.
"""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.names import version
from tools.tensorflow_loading.wheels import Wheel, newest

_LOADER = re.compile(r"tensorflow(_core)?/libtensorflow_framework\.so\.\d+")
_LIBRARY = re.compile(r"nvidia/\w+/lib/lib\S+\.so(\.\d+)*")
SYSTEM = "system"
"""The folder with stand-ins for what a system's toolkit brings."""


class NoLoaderError(Exception):
    """The wheel has no library with a loader of its own, as before TensorFlow 1.14."""


def lay_out(release: FrameworkRelease, wheel: Wheel, folder: Path) -> Path:
    """Everything in an empty folder; return the library with the loader.

    Raises:
        NoLoaderError: the wheel has none.
        NoWheelError: the index does not have what the release asks for.
    """
    names = [str(name) for name in wheel.names() if _LOADER.fullmatch(str(name))]
    if not names:
        raise NoLoaderError(wheel.url.rpartition("/")[2])
    for place in _places(release):
        stand_in(folder / place)
    return wheel.extract(names[0], folder)


def stand_in(path: Path) -> None:
    """An empty library whose SONAME is its file name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    argv = ("cc", "-shared", "-nostdlib", "-x", "c", "/dev/null", "-o", str(path), f"-Wl,-soname,{path.name}")
    subprocess.run(argv, check=True)


def _places(release: FrameworkRelease) -> Iterable[PurePosixPath]:
    """Where the libraries of NVIDIA lie: in wheels, where the release has an extra, otherwise in one folder."""
    if not release.pins:
        return (PurePosixPath(SYSTEM, name) for name in toolkit(release.cuda, release.cudnn))
    return (name for pin in release.pins for name in newest(pin).names() if _LIBRARY.fullmatch(str(name)))


def toolkit(cuda: str, cudnn: str) -> tuple[str, ...]:
    """What CUDA's toolkit and cuDNN call their libraries."""
    major, minor = version(cuda)[:2]
    dotted = f"{major}.{minor}"
    if major < 10 or dotted == "10.0":
        own = dict.fromkeys(("cudart", "cublas", "cufft", "curand", "cusolver", "cusparse", "cupti"), dotted)
    elif major == 10:
        own = dict.fromkeys(("cublas", "cublasLt", "cufft", "curand", "cusolver", "cusparse"), "10")
        own |= {"cudart": dotted, "cupti": dotted}
    elif major == 11:
        own = {"cudart": "11.0", "cublas": "11", "cublasLt": "11", "cufft": "10", "curand": "10"}
        own |= {"cusolver": "10" if minor == 0 else "11", "cusparse": "11", "cupti": dotted}
    else:
        own = {"cudart": "12", "cublas": "12", "cublasLt": "12", "cufft": "11", "curand": "10"}
        own |= {"cusolver": "11", "cusparse": "12", "cupti": "12"}
    return (*(f"lib{name}.so.{number}" for name, number in own.items()), f"libcudnn.so.{version(cudnn)[0]}")
