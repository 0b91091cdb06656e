"""A library as small as one can be, for what reads where a library looks for others."""

import struct
from pathlib import Path


def library(path: Path, *, runpath: str = "") -> Path:
    """An ELF file of 64 bits with nothing but a dynamic section that names a RUNPATH."""
    strings = b"\0" + runpath.encode() + b"\0"
    dynamic_at, strings_at = 64 + 2 * 56, 64 + 2 * 56 + 3 * 16
    size = strings_at + len(strings)
    above = 0x1000  # addresses are not offsets in real libraries either
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    segments = struct.pack("<IIQQQQQQ", 1, 5, 0, above, above, size, size, 0x1000)
    segments += struct.pack("<IIQQQQQQ", 2, 6, dynamic_at, above + dynamic_at, above + dynamic_at, 48, 48, 8)
    dynamic = struct.pack("<QQQQQQ", 5, above + strings_at, 29 if runpath else 0, 1 if runpath else 0, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + segments + dynamic + strings)
    return path


def tensorflow_with(packages: Path, *found: str) -> Path:
    """A folder of packages with TensorFlow, which looks into these folders of NVIDIA's and into no other."""
    runpath = ":".join(f"$ORIGIN/../nvidia/{name}/lib" for name in found)
    library(packages / "tensorflow/libtensorflow_framework.so.2", runpath=runpath)
    for name, file in (
        ("cuda_runtime", "libcudart.so.12"),
        ("cusolver", "libcusolver.so.11"),
        ("cusolver", "libcusolverMg.so.11"),
        ("cudnn", "libcudnn.so.9"),
    ):
        library(packages / "nvidia" / name / "lib" / file)
    return packages
