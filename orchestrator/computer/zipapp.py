"""A Python package as one runnable file, to be run on another computer. Imports nothing of what it packs.

The collection `orchestrate.gpu` has a link to this file.
"""

import io
import zipfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

INTERPRETER = b"#!/usr/bin/python3 -EsB\n"
"""Of a file that is run as a program."""


def build_zipapp(
    packages: Path, *patterns: str, main: str, libraries: Iterable[str] = (), packed: bool = False
) -> bytes:
    """A zip archive that Python runs, the same bytes for the same sources.

    Args:
        packages: the folder that holds the packages.
        patterns: the files in it, as globs below that folder, for example `workloads/*.py`.
        main: the module whose `main()` is run; what it returns becomes the exit code.
        libraries: modules of one file that are installed here and travel with it. One that is missing here is missing there.
        packed: compress it. Then its bytes depend on this computer's zlib.
    """
    archive = io.BytesIO()
    archive.write(INTERPRETER)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as file:

        def add(name: str, content: bytes) -> None:
            file.writestr(zipfile.ZipInfo(name), content, file.compression)

        add("__main__.py", f"from {main} import main\n\nraise SystemExit(main())\n".encode())
        for pattern in patterns:
            for source in sorted(packages.glob(pattern)):
                add(source.relative_to(packages).as_posix(), source.read_bytes())
        for library in libraries:
            spec = find_spec(library)
            if spec is not None and spec.origin is not None:
                add(f"{library}.py", Path(spec.origin).read_bytes())
    return archive.getvalue()
