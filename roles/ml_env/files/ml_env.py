"""Make one Python environment what it shall be, or take away all that were made. Runs on the host, as root.

    python3 ml_env.py check|apply '<wish as JSON>'
    python3 ml_env.py check-absent|absent <root>

Prints one JSON object: what was done and why (for the checks: would be done). An environment is finished only by its
record, which is written last: what was cut short is built anew from nothing, and the environment that was there before
comes back if the new one fails. The caller holds a lock, which pip inherits: a pip that outlives its caller keeps the
next run waiting. Never touches the system's own Python, nor a folder it did not make.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RECORD = "environment.json"

ACCELERATOR_BUILDS = {"cpu": "tensorflow-cpu", "gpu": "tensorflow[and-cuda]"}

DISK_MIB = {"tensorflow[and-cuda]": 10500, "tensorflow": 3000, "tensorflow-cpu": 2300}
"""Free space a build needs: the installed files and, beside them, the downloads, with some to spare.

tensorflow-cpu 2.21 was measured: 1543 MiB installed. The others are reckoned from the sizes of their packages.
"""
DISK_MIB_OTHERWISE = 500

PIP_CAUSES = (
    (
        r"No space left on device",
        "the disk of the environment ran full",
        "make space on the disk of ml_env_root, or set ml_env_root to a larger one",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|confirming the ssl certificate",
        "the package index shows a certificate that this host does not trust",
        "add its authority to base_ca_certificates and set `cert` in base_pip_config",
    ),
    (
        r"connection broken by|ConnectTimeout|ReadTimeout",
        "the package index does not answer",
        "set `index-url` in base_pip_config, or base_proxy, to what this host can reach, and repeat",
    ),
)
"""What is found in pip's output, the cause it shows and the next step; the first that is found counts."""


class BuildError(Exception):
    """Ends the script with a cause and a next step, one line each."""

    def __init__(self, cause: str, hint: str) -> None:
        super().__init__(f"{cause}\n  try: {hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One environment as it shall be."""

    folder: Path
    requirements: tuple[str, ...]
    """What pip is asked for, TensorFlow already as the build for the accelerator."""
    constraints: str
    """Text of a constraints file."""
    pip_arguments: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Another one when the environment could come out another. Comments and blank lines do not count."""
        pins = [line.split("#")[0].strip() for line in self.constraints.splitlines()]
        parts = [list(sys.version_info[:2]), sorted(self.requirements), sorted(filter(None, pins))]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What an environment's folder says of itself. Without `installed` it is unfinished."""

    digest: str
    installed: tuple[str, ...]


def parse_wish(text: str, machine: str) -> Wish:
    """The wish that the role sends; `machine` as `uname -m` names it."""
    given = json.loads(text)
    return Wish(
        folder=Path(given["folder"]),
        requirements=tuple(build_for(one, given["accelerator"], machine) for one in given["requirements"]),
        constraints=given["constraints"],
        pip_arguments=tuple(given["pip_arguments"]),
    )


def build_for(requirement: str, accelerator: str, machine: str) -> str:
    """The requirement, `tensorflow` turned into the build for the accelerator.

    There is no tensorflow-cpu for ARM: there, plain `tensorflow` is the build without CUDA.
    """
    found = re.fullmatch(r"tensorflow(?P<version>\s*(?:[=<>!~;].*)?)", requirement)
    if not found or (accelerator == "cpu" and machine == "aarch64"):
        return requirement
    return ACCELERATOR_BUILDS[accelerator] + found["version"]


def apply(wish: Wish) -> str:
    """Make the environment as wanted; return why it had to be built, empty when it had not."""
    put_in_order(wish.folder)
    reason = difference(wish)
    if reason:
        build(wish)
    return reason


def difference(wish: Wish) -> str:
    """Why the environment has to be built; empty when it is as wanted. Changes nothing."""
    if not wish.folder.exists():
        return "there was none"
    record = read_record(wish.folder)
    if record is None and not (wish.folder.is_dir() and not any(wish.folder.iterdir())):
        raise BuildError(
            f"{wish.folder} is there and was not made by this role",
            "move it away, or choose another name in ml_env_environments, or another ml_env_root",
        )
    if record is None or not record.installed:
        return "it was not finished"
    if record.digest != wish.digest:
        return "other packages, or another Python, are wanted"
    strayed = sorted(set(record.installed) ^ set(installed_in(wish.folder)))
    return f"somebody changed {', '.join(strayed)}" if strayed else ""


def build(wish: Wish) -> None:
    """Build the environment from nothing. If that fails, the one that was there before is back."""
    wish.folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if is_finished(wish.folder):
        wish.folder.rename(previous(wish.folder))
    else:
        discard(wish.folder)
    try:
        assert_space(wish)
        install(wish)
    except (BuildError, OSError):
        discard(wish.folder)
        put_in_order(wish.folder)
        raise
    discard(previous(wish.folder))


def install(wish: Wish) -> None:
    """Fill the folder, which does not exist, and finish its record at the very end."""
    constraints, downloads = wish.folder / "constraints.txt", wish.folder / "downloads"
    wish.folder.mkdir(mode=0o755)
    write_record(wish.folder, Record(digest=wish.digest, installed=()))
    # The downloads lie beside what is installed: this file system was asked for space, that of /tmp was not.
    downloads.mkdir()
    constraints.write_text(wish.constraints, encoding="utf-8")
    run((sys.executable, "-m", "venv", str(wish.folder)), temporary=downloads)
    pip = (str(wish.folder / "bin/python"), "-m", "pip", "install", "--quiet", "--no-input", "--no-cache-dir")
    # Wheels alone: nothing is compiled, and no package's own program runs as root. pip may byte-compile: that costs 5 s
    # of 20, and users cannot write __pycache__ here; without it each `import tensorflow` takes them 7.5 s, with it 2 s.
    rules = ("--disable-pip-version-check", "--only-binary=:all:", "--constraint", str(constraints))
    run((*pip, *rules, *wish.pip_arguments, *wish.requirements), temporary=downloads)
    shutil.rmtree(downloads)
    write_record(wish.folder, Record(digest=wish.digest, installed=installed_in(wish.folder)))


def assert_space(wish: Wish) -> None:
    """Raises BuildError where the disk cannot hold what will be installed."""
    names = {re.split(r"[\s=<>!~;]", one)[0] for one in wish.requirements}
    needed = max((DISK_MIB[name] for name in names & DISK_MIB.keys()), default=DISK_MIB_OTHERWISE)
    free = shutil.disk_usage(wish.folder.parent).free // 2**20
    if free < needed:
        raise BuildError(
            f"{wish.folder} needs {needed} MiB and its disk has {free} MiB free",
            "make space, or set ml_env_root to a larger disk",
        )


def run(argv: Sequence[str], *, temporary: Path) -> None:
    """Run a step of the build. Raises BuildError with what its output shows."""
    # close_fds=False hands the caller's lock down.
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        close_fds=False,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    if done.returncode != 0:
        sys.stdout.write(done.stdout)
        raise build_error(done.stdout)


def build_error(output: str) -> BuildError:
    """What the output of a failed step says, as a cause and a next step."""
    for pattern, cause, hint in PIP_CAUSES:
        if re.search(pattern, output):
            return BuildError(cause, hint)
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["no output"]
    first = next((line for line in lines if line.startswith("ERROR:")), lines[-1])
    return BuildError(
        first.removeprefix("ERROR:").strip(),
        "compare `requirements` in ml_env_environments with the constraints file; pip's whole output is above",
    )


def put_in_order(folder: Path) -> None:
    """Finish what a killed run left half done, in steps that may be cut short themselves."""
    empty_trash(folder.parent)
    if is_finished(folder):
        discard(previous(folder))
    elif previous(folder).exists():
        discard(folder)
        previous(folder).rename(folder)


def discard(folder: Path) -> None:
    """Remove a folder that may not be there; out of the way first, so that nothing half-removed bears its name."""
    if folder.exists():
        folder.rename(trash(folder.parent))
        empty_trash(folder.parent)


def empty_trash(root: Path) -> None:
    """Remove what was discarded, which a killed run may have left."""
    if trash(root).exists():
        shutil.rmtree(trash(root))


def trash(root: Path) -> Path:
    """Where folders go to be removed, one at a time: the caller's lock is for the whole root."""
    return root / ".discarded"


def previous(folder: Path) -> Path:
    """Where the finished environment waits while the next one is built."""
    return folder.with_name(f".{folder.name}.previous")


def made_in(root: Path) -> tuple[Path, ...]:
    """The environments that were made here, finished or not, and those that a killed run put aside."""
    return tuple(
        sorted(
            {record.parent for pattern in (f"*/{RECORD}", f".*/{RECORD}") for record in root.glob(pattern)}
        )
    )


def remove_all(root: Path) -> tuple[Path, ...]:
    """Remove every environment that was made here, and the root when nothing else is in it; return what was removed."""
    empty_trash(root)
    made = made_in(root)
    for folder in made:
        discard(folder)
    if root.exists() and not any(root.iterdir()):
        root.rmdir()
    return made


def installed_in(folder: Path) -> tuple[str, ...]:
    """What is installed, as `<name>-<version>`: the names of the folders that pip itself goes by."""
    return tuple(sorted(path.stem for path in folder.glob("lib/python3*/site-packages/*.dist-info")))


def is_finished(folder: Path) -> bool:
    """Whether the folder holds an environment that was built to its end."""
    record = read_record(folder)
    return record is not None and bool(record.installed)


def read_record(folder: Path) -> Record | None:
    """The folder's record; None where there is none."""
    try:
        given = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Record(digest=given["digest"], installed=tuple(given["installed"]))


def write_record(folder: Path, record: Record) -> None:
    """Replace the folder's record in one step."""
    fresh = folder / f"{RECORD}.new"
    fresh.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")
    fresh.replace(folder / RECORD)


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    os.umask(0o022)
    verb, subject = arguments
    try:
        if verb in {"absent", "check-absent"}:
            made = remove_all(Path(subject)) if verb == "absent" else made_in(Path(subject))
            done = ", ".join(folder.name for folder in made)
        else:
            wish = parse_wish(subject, platform.machine())
            done = apply(wish) if verb == "apply" else difference(wish)
    except (BuildError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps({"changed": bool(done), "reason": done}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
