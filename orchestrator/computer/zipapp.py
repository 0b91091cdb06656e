"""A Python package as one runnable file, to be run on another computer. Imports nothing of what it packs."""

import io
import zipfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from orchestrator.computer.content import packages_dir


def build_zipapp(*patterns: str, main: str, libraries: Iterable[str] = ()) -> bytes:
    """A zip archive that Python runs, the same bytes for the same sources.

    Args:
        patterns: the files in it, as globs below the folder that holds the packages, for example `workloads/*.py`.
        main: the module whose `main()` is run; what it returns becomes the exit code.
        libraries: modules of one file that are installed here and travel with it. One that is missing here is missing there.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            zipfile.ZipInfo("__main__.py"), f"from {main} import main\n\nraise SystemExit(main())\n"
        )
        for pattern in patterns:
            for source in sorted(packages_dir().glob(pattern)):
                name = source.relative_to(packages_dir()).as_posix()
                file.writestr(zipfile.ZipInfo(name), source.read_bytes(), zipfile.ZIP_DEFLATED)
        for library in libraries:
            spec = find_spec(library)
            if spec is not None and spec.origin is not None:
                content = Path(spec.origin).read_bytes()
                file.writestr(zipfile.ZipInfo(f"{library}.py"), content, zipfile.ZIP_DEFLATED)
    return archive.getvalue()
