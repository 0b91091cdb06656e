"""Root file systems of sandbox hosts, kept as tar files in the user's cache, and their bootstrap from Debian's packages.

A tar counts only together with the digest written beside it, so a truncated one is never used. Knows no engine.
"""

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestrator.computer.package_access import read_package_access
from orchestrator.errors import DiskFullError, ProviderError
from orchestrator.providers.sandbox.image.recipe import SETUP, Recipe

NEEDED_MIB = 1024
"""A tar takes 260 MiB, unpacking it the same, the downloaded packages 80 MiB; the rest is room to breathe."""

_TIMEOUT_S = 900
"""20 s with a near mirror on two cores; a slow line must fetch 80 MiB."""

_TIMED_OUT = 124
"""What timeout(1) says when it had to end the command."""

_INTERRUPT_GRACE_S = 20.0


class RootfsCache:
    """Tars by what is in them, in one folder that other processes use too. Callers hold the recipe's lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lock_path(self, recipe: Recipe) -> Path:
        """The file to lock while this recipe's tar or image is looked for and made."""
        return self._path(recipe, ".lock")

    def tar(self, recipe: Recipe) -> Path:
        """Where the recipe's tar belongs."""
        return self._path(recipe, ".tar")

    def find(self, recipe: Recipe) -> Path | None:
        """The recipe's tar if it is there and whole."""
        tar, digest = self.tar(recipe), self._path(recipe, ".tar.sha256")
        if tar.exists() and digest.exists() and digest.read_text(encoding="ascii").strip() == _sha256(tar):
            return tar
        return None

    @contextmanager
    def writing(self, recipe: Recipe) -> Iterator[Path]:
        """A path to write the tar to. It takes its place when the block ends well, and is removed when it does not."""
        part = self._path(recipe, ".part")
        try:
            part.unlink(missing_ok=True)  # of a process that was killed; the lock says nobody writes it now
            yield part
            sidecar = self._path(recipe, ".tar.sha256")
            sidecar_part = self._path(recipe, ".sha256.part")
            sidecar_part.write_text(_sha256(part) + "\n", encoding="ascii")
            sidecar_part.rename(sidecar)
            part.rename(self.tar(recipe))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            cause = f"no space left in {self.folder} for the {recipe.distribution} image"
            raise DiskFullError(cause, f"free some space below {self.folder}") from error
        finally:
            part.unlink(missing_ok=True)

    def _path(self, recipe: Recipe, suffix: str) -> Path:
        return self.folder / (recipe.file_name + suffix)


def check_space(folder: Path, *, needed_mib: int) -> None:
    """Refuse to begin what would fill the disk.

    Raises:
        DiskFullError: less than `needed_mib` is free where `folder` lies.
    """
    free_mib = shutil.disk_usage(folder).free // 2**20
    if free_mib < needed_mib:
        raise DiskFullError(
            f"{folder} has {free_mib} MiB free, an image needs {needed_mib} MiB",
            f"free some space below {folder}",
        )


def bootstrap(recipe: Recipe, target: Path) -> None:
    """Make the root file system from Debian's packages with `mmdebstrap` and write it to `target`, a tar.

    As root, or else in a user namespace. Uses this computer's own Debian mirrors, where it is a Debian.

    Raises:
        ProviderError: mmdebstrap is missing or failed.
        DiskFullError: the disk is full or too full to begin.
    """
    if shutil.which("mmdebstrap") is None:
        raise ProviderError(
            f"no registry answers and mmdebstrap, which makes {recipe.distribution} from packages, is not installed",
            "orchestrate doctor --fix",
        )
    check_space(Path(tempfile.gettempdir()), needed_mib=NEEDED_MIB)
    sources = debian_sources(
        recipe, read_package_access(Path("/"), home=Path.home(), environ=os.environ).apt_uris
    )
    argv = bootstrap_argv(recipe, target, as_root=os.geteuid() == 0)
    status, message = _run((*argv, "-") if sources else argv, sources.encode())
    if status == 0:
        return
    if "No space left on device" in message:
        cause = f"mmdebstrap: no space left to make {recipe.distribution}"
        raise DiskFullError(cause, f"free some space below {tempfile.gettempdir()} and {target.parent}")
    raise ProviderError(
        f"mmdebstrap: {_reason(message)}", "see whether `apt-get update` works on this computer"
    )


def bootstrap_argv(recipe: Recipe, target: Path, *, as_root: bool) -> tuple[str, ...]:
    """The bootstrap's command. A last word `-` makes it read package sources from standard input."""
    setup_in_root = "/root/setup.sh"
    setup = " ".join(("sh", setup_in_root, recipe.user, *recipe.packages))
    return (
        # If this process is killed, the whole group is interrupted, and mmdebstrap removes its half-made tree.
        *("setpriv", "--pdeathsig", "INT", "timeout", "--signal=INT", "--kill-after=20", str(_TIMEOUT_S)),
        *("mmdebstrap", "--quiet", "--variant=minbase", "--format=tar"),
        f"--mode={'root' if as_root else 'unshare'}",
        f"--include={','.join(recipe.packages)}",
        f"--customize-hook=upload {SETUP} {setup_in_root}",
        f'--customize-hook=chroot "$1" {setup}',
        *(recipe.codename, str(target)),
    )


def debian_sources(recipe: Recipe, uris: tuple[tuple[str, str], ...]) -> str:
    """Package sources in apt's one-line format for the recipe's release; empty when there are no mirrors to use.

    Args:
        recipe: what is to be made.
        uris: (URI, `main` or `security`) of each mirror.
    """
    suites = {
        "main": (recipe.codename, f"{recipe.codename}-updates"),
        "security": (f"{recipe.codename}-security",),
    }
    return "".join(f"deb {uri} {suite} main\n" for uri, kind in uris for suite in suites[kind])


def _run(argv: tuple[str, ...], stdin: bytes) -> tuple[int, str]:
    """Run to the end and return exit status and standard error. When we are interrupted, so is the command."""
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            _, errors = process.communicate(stdin)
        except BaseException:
            os.killpg(process.pid, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_INTERRUPT_GRACE_S)
            process.kill()
            raise
    if process.returncode == _TIMED_OUT:
        return _TIMED_OUT, f"not finished within {_TIMEOUT_S} s"
    return process.returncode, errors.decode(errors="replace")


def _reason(message: str) -> str:
    """The first line that apt or mmdebstrap marked as an error; those after it are consequences."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return next(
        (line for line in lines if line.startswith("E:")), lines[-1] if lines else "failed without a word"
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
