"""Which ansible-core is installed here, and what to say of hosts whose Python is newer than those that it was made for.

Reads what its installation says of it: no settings, no host.
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import metadata

from orchestrator.computer.content import content_dir

_PYTHON = re.compile(r"Programming Language :: Python :: (\d+\.\d+)")
_NEWEST_KNOWN = "3.14"
"""The newest Python that any ansible-core of our range was made for on hosts, which 2.20 was the first to be: 2.19.14 lists 3.8 to 3.13
under INTERPRETER_PYTHON_FALLBACK of its ansible/config/base.yml, 2.20.10 and 2.21.5 list 3.9 to 3.14."""
_NEEDED_HERE = "3.12"
"""By those who know it: Requires-Python in the metadata of 2.20.10 and 2.21.5."""
_UPGRADE = "'ansible-core>=2.20,<2.22'"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsibleCore:
    """An ansible-core, and where it runs."""

    version: str
    newest_python: str
    """As `3.13`: the newest that it was made for. From 2.19 to 2.21 it is the same here and on hosts."""
    python: str
    """The program that runs it, as a path."""
    python_version: str
    """As `3.11`."""
    checkout: bool
    """It was installed by a checkout's `make`, not by pip or pipx."""

    def unknown_python(self, hosts: Iterable[tuple[str, str]]) -> str:
        """What to say and to type where hosts have a Python that it was not made for; empty where there is none.

        Args:
            hosts: what they are called and the Python that they have, as `("Ubuntu 26.04", "3.14")`.
        """
        newer = dict.fromkeys(
            (label, python) for label, python in hosts if _parts(python) > _parts(self.newest_python)
        )
        if not newer:
            return ""
        have = " and ".join(f"{label} has Python {python}" for label, python in newer)
        said = f"{have}, and ansible-core {self.version} of this computer was made for {self.newest_python} at most"
        known = all(_parts(python) <= _parts(_NEWEST_KNOWN) for _, python in newer)
        return f"{said}; {self._upgrade()}" if known else said

    def _upgrade(self) -> str:
        if _parts(self.python_version) >= _parts(_NEEDED_HERE) and not self.checkout:
            return f"to have a newer one: {self.python} -m pip install --upgrade {_UPGRADE}"
        again = (
            "`rm -r .venv`, then `make up`"
            if self.checkout
            else "`pipx reinstall --python python3.13 orchestrate`"
        )
        return f"with Python {_NEEDED_HERE} or 3.13 on this computer comes a newer one: {again}"


@cache
def installed_core() -> AnsibleCore:
    """What is installed beside this program. Raises PackageNotFoundError."""
    said = metadata("ansible-core")
    found = (_PYTHON.fullmatch(line) for line in said.get_all("Classifier", ()))
    return AnsibleCore(
        version=said["Version"],
        newest_python=max((match[1] for match in found if match), key=_parts),
        python=sys.executable,
        python_version=".".join(map(str, sys.version_info[:2])),
        checkout=(content_dir() / "tools" / "setup").is_file(),
    )


def _parts(python: str) -> tuple[int, ...]:
    return tuple(map(int, python.split(".")))
