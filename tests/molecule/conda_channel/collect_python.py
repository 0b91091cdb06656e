"""Pack the Python of a distribution with the libraries it loads, for a package that runs on any other. Runs on a host.

    python3 collect_python.py <file.tar>

Takes files that are installed anyway, and changes nothing on the host but the one file it writes.
"""

import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

VERSION = sysconfig.get_python_version()
LEFT_OUT = {
    "__pycache__",
    "EXTERNALLY-MANAGED",
    "sitecustomize.py",
    "test",
    "idlelib",
    "turtledemo",
    "lib2to3",
}
FOR_WHEELS = (
    "libdl.so.2",
    "libgcc_s.so.1",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "libutil.so.1",
)
"""What compiled wheels ask for. It has to be of one release with the C library here, whichever the host has."""


def main(target: str) -> None:
    """Write the archive."""
    program = Path(f"/usr/bin/python{VERSION}")
    library = Path(f"/usr/lib/python{VERSION}")
    loaded = {
        name: path for file in (program, *library.glob("lib-dynload/*.so")) for name, path in needs(file)
    }
    with tarfile.open(target, "w", dereference=True) as archive:
        archive.add(program, f"bin/{program.name}")
        archive.add(library, f"lib/{library.name}", filter=wanted)
        for name in FOR_WHEELS:
            loaded[name] = str(Path(loaded["libc.so.6"]).with_name(name))
        for name, path in sorted(loaded.items()):
            archive.add(path, f"lib/{name}")


def needs(file: Path) -> Iterator[tuple[str, str]]:
    """Name and place of each library that the loader would load, the loader itself among them."""
    listed = subprocess.run(("ldd", str(file)), check=True, capture_output=True, text=True).stdout
    for line in listed.splitlines():
        place = next((word for word in line.split() if word.startswith("/")), "")
        if place:
            yield Path(place).name, place


def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """The member, unless a training environment can do without it."""
    return None if LEFT_OUT & set(Path(member.name).parts) else member


if __name__ == "__main__":
    main(sys.argv[1])
