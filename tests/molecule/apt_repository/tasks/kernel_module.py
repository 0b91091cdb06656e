"""The smallest file that `modinfo` takes for a kernel module: an ELF object with nothing in it but what it says of itself."""

import os
import struct

MACHINES = {"x86_64": 62, "aarch64": 183}
"""What ELF calls them."""

NAMES = b"\0.modinfo\0.shstrtab\0"
HEADER_B, SECTION_B = 64, 64


def kernel_module(version: str, kernel: str) -> bytes:
    """A module of this version for this kernel. No kernel would load it."""
    said = b"".join(
        f"{name}={value}\0".encode()
        for name, value in {
            "version": version,
            "vermagic": f"{kernel} SMP mod_unload",
            "license": "test",
        }.items()
    )
    content = said + NAMES
    content += bytes(-len(content) % 8)
    sections = (
        bytes(SECTION_B),
        _section(name=1, kind=1, offset=HEADER_B, size=len(said)),
        _section(name=10, kind=3, offset=HEADER_B + len(said), size=len(NAMES)),
    )
    identity = b"\x7fELF\x02\x01\x01" + bytes(9)
    machine = MACHINES[os.uname().machine]
    header = struct.pack(
        "<HHIQQQIHHHHHH", 1, machine, 1, 0, 0, HEADER_B + len(content), 0, HEADER_B, 0, 0, SECTION_B, 3, 2
    )
    return identity + header + content + b"".join(sections)


def _section(*, name: int, kind: int, offset: int, size: int) -> bytes:
    return struct.pack("<IIQQQQIIQQ", name, kind, 0, 0, offset, size, 0, 0, 1, 0)
