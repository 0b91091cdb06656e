"""Ask the loader inside one TensorFlow library for the GPU libraries. Runs in a process of its own, with any Python from 3.9 on.

    python question.py <library> <function> [<function> ...]

Each function is a static one of C++ class `DsoLoader` that takes nothing and returns a Status, or a StatusOr, whose first
word says whether it is good. Prints one JSON list: what each function said, which names it had the dynamic linker look for,
and which files were mapped for them. Needs LD_DEBUG=libs and LD_DEBUG_OUTPUT, by which the linker writes down what it is
asked. Never imports TensorFlow: no other library of the wheel is needed, and none may help.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from pathlib import Path

NAMESPACES = ("tsl", "stream_executor")
"""Where the class was in the course of time."""
GOOD = (0, 1)
"""The first word of a Status without an error: a null pointer, or a code that is kept inline with its lowest bit set."""
LOOKED_FOR = re.compile(r"find library=(\S+) \[")


def main(arguments: list[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    library = ctypes.CDLL(arguments[0], mode=ctypes.RTLD_GLOBAL)
    sys.stdout.write(json.dumps([_ask(library, function) for function in arguments[1:]]) + "\n")
    return 0


def _ask(library: ctypes.CDLL, function: str) -> dict[str, object]:
    symbol = _symbol(library, function)
    if symbol is None:
        return {"function": function, "there": False, "good": False, "looked_for": [], "files": []}
    result = (ctypes.c_uint64 * 8)()
    symbol.restype = None
    symbol.argtypes = [ctypes.c_void_p]
    before = len(_log())
    symbol(result)
    names = list(dict.fromkeys(LOOKED_FOR.findall(_log()[before:])))
    return {
        "function": function,
        "there": True,
        "good": result[0] in GOOD,
        "looked_for": names,
        "files": [path for path in _mapped() if Path(path).name in names],
    }


def _symbol(library: ctypes.CDLL, function: str) -> ctypes._NamedFuncPointer | None:
    for namespace in NAMESPACES:
        name = f"_ZN{len(namespace)}{namespace}8internal9DsoLoader{len(function)}{function}Ev"
        if hasattr(library, name):
            found: ctypes._NamedFuncPointer = getattr(library, name)
            return found
    return None


def _log() -> str:
    """What the dynamic linker has written of this process so far."""
    name = f"{os.environ['LD_DEBUG_OUTPUT']}.{os.getpid()}"
    return Path(name).read_text(encoding="utf-8", errors="replace")


def _mapped() -> list[str]:
    """The files that are mapped into this process."""
    lines = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    paths = [line.split(None, 5)[5].strip() for line in lines if line.count("/")]
    return list(dict.fromkeys(paths))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
