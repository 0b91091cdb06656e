"""Opens what Keras saved: a `.keras` archive, or the JSON of `Model.to_json()`. Reads the configuration, never the weights."""

import json
import lzma
import zipfile
import zlib
from pathlib import Path

from orchestrator.errors import UsageError

CONFIG = "config.json"
MOST_BYTES = 64 * 2**20
"""A configuration that is larger is none: the largest of Keras' own applications has 2 MB."""
_UNREADABLE = (
    zipfile.BadZipFile,
    KeyError,  # no such member
    UnicodeDecodeError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,  # encrypted, or, as NotImplementedError, compressed in a way that Python does not know
)
"""What zipfile and its decompressors raise of an archive that is damaged, or was made otherwise."""
TO_SAVE = "in Python: model.save('model.keras')"


class ModelFileError(UsageError):
    """The file is no model that Keras 3 saved."""


def read_config(path: Path) -> dict[str, object]:
    """The configuration of the model.

    Raises:
        ModelFileError: there is no such file, or it is something else.
    """
    try:
        text = _text(path)
    except OSError as error:
        raise ModelFileError(
            f"{path}: {error.strerror or error}", f"the path of a model; {TO_SAVE}"
        ) from error
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is no JSON: {error}", TO_SAVE) from error
    if (
        not isinstance(config, dict)
        or not isinstance(config.get("config"), dict)
        or "class_name" not in config
    ):
        raise ModelFileError(
            f"{path} is JSON, but no configuration of a Keras model",
            "in Python: open('model.json', 'w').write(model.to_json())",
        )
    return config


def _text(path: Path) -> str:
    if path.is_dir():
        raise ModelFileError(
            f"{path} is a folder, as TensorFlow's SavedModel is: it does not say its layers", TO_SAVE
        )
    start = path.open("rb").read(8)
    if start.startswith(b"\x89HDF"):
        raise ModelFileError(
            f"{path} is HDF5, the form before Keras 3", f"load it with Keras and save it again; {TO_SAVE}"
        )
    if not zipfile.is_zipfile(path):
        if path.stat().st_size > MOST_BYTES:
            raise ModelFileError(f"{path} is no archive, and too large for a configuration", TO_SAVE)
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ModelFileError(f"{path} is neither a .keras archive nor JSON", TO_SAVE) from error
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(CONFIG).file_size > MOST_BYTES:
                raise ModelFileError(f"{path}: its {CONFIG} is too large for a configuration", TO_SAVE)
            return archive.read(CONFIG).decode("utf-8")
    except _UNREADABLE as error:
        raise ModelFileError(f"{path} is an archive without a readable {CONFIG}: {error}", TO_SAVE) from error
