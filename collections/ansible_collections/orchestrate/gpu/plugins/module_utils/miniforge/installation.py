"""Miniforge for all users: brought, verified, installed, configured, taken away.

An installer cannot be pointed elsewhere afterwards, so it runs at the place; the installation is finished by its record.
Environments in it outlive a change of Miniforge, and stay when they were not made by this role.
"""

from __future__ import annotations

import shutil
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder, retrying
from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError, environment, run
from ansible_collections.orchestrate.gpu.plugins.module_utils.content import sha256_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.disk import assert_space

SILENCE_S = 60
"""A server that sends nothing for so long is given up."""
DISK_MIB = 2000
"""Miniforge 26.3: 100 MiB to download, 1000 MiB installed, as much again while a new one stands beside the old one."""
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
MARK = "# Ansible managed: role conda"
INSTALLER_HINT = (
    "see conda_installer_url and conda_installer_checksum; Miniforge publishes both with each release"
)


@dataclass(frozen=True)
class Installation:
    """Miniforge as it shall be."""

    prefix: Path
    address: str
    """http, https or file."""
    sha256: str
    condarc: str
    """Text of the configuration that counts for everybody."""
    shell_file: Path
    """Read by login shells."""
    program_link: Path
    """`conda` on everybody's PATH."""


def difference(wish: Installation) -> str:
    """Why Miniforge has to be installed; empty when it is as wanted. Changes nothing."""
    if not wish.prefix.exists():
        return "there was none"
    record = kept_folder.read_record(wish.prefix)
    if record is None:
        if not wish.prefix.is_dir() or any(path.name != "envs" for path in wish.prefix.iterdir()):
            raise BuildError(
                f"{wish.prefix} is there and was not made by this role",
                "set conda_prefix to another folder, or move that one away",
            )
        return "there was none"
    if not record.installed:
        return "it was not finished"
    if record.digest != wish.sha256:
        return "another release is wanted"
    needed = ("bin/python", "bin/conda", "conda-meta/history")
    missing = [name for name in needed if not (wish.prefix / name).exists()]
    return f"somebody removed {', '.join(missing)}" if missing else ""


def settle(prefix: Path) -> None:
    """Finish what a killed run left half done; environments of the old installation belong into the new one."""
    if kept_folder.is_finished(prefix):
        move_environments(kept_folder.previous(prefix), prefix)
    kept_folder.put_in_order(prefix)


def install(wish: Installation) -> None:
    """Put Miniforge in place of what is there. If that fails, what was there is back."""
    wish.prefix.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    larger = "set conda_prefix to a folder on a larger disk"
    assert_space(wish.prefix.parent, DISK_MIB, str(wish.prefix), larger)
    with tempfile.TemporaryDirectory(dir=wish.prefix.parent, prefix=".conda.") as temporary:
        installer = Path(temporary, "installer.sh")
        bring(wish, installer)
        if kept_folder.read_record(wish.prefix) is None and wish.prefix.exists():
            wish.prefix.rename(kept_folder.previous(wish.prefix))
        with kept_folder.replaced(wish.prefix):
            kept_folder.begin(wish.prefix, wish.sha256)
            run_installer(installer, wish.prefix, Path(temporary))
            installed = tuple(sorted(path.stem for path in wish.prefix.glob("conda-meta/*.json")))
            notes = {"installer": wish.address.rpartition("/")[2]}
            record = kept_folder.Record(digest=wish.sha256, installed=installed, notes=notes)
            kept_folder.write_record(wish.prefix, record)
    settle(wish.prefix)


def run_installer(installer: Path, prefix: Path, temporary: Path) -> None:
    """Raises BuildError with the end of what the installer says."""
    # -f: the folder is there, and holds the record that says it is unfinished.
    argv = ("/bin/bash", str(installer), "-b", "-f", "-p", str(prefix))
    done = run(argv, {"HOME": str(temporary), "TMPDIR": str(temporary)})
    if done.returncode == 0:
        return
    output = (done.stdout + done.stderr).strip()
    if "No space left" in output:
        raise BuildError(
            f"the disk of {prefix} ran full", "make space, or set conda_prefix to a larger disk", output
        )
    last = (output or "no output").splitlines()[-1]
    raise BuildError(f"the installer failed: {last}", INSTALLER_HINT, output)


def bring(wish: Installation, target: Path) -> None:
    """Fetch the installer and verify it. Raises BuildError where it cannot be had, or is not the one that was meant."""
    surroundings = environment()
    proxies = {
        each: surroundings[f"{each}_proxy"] for each in ("http", "https") if f"{each}_proxy" in surroundings
    }
    connect = urllib.request.build_opener(urllib.request.ProxyHandler(proxies)).open
    try:
        retrying.fetched(wish.address, retrying.saved(target), timeout_s=SILENCE_S, connect=connect)
    except retrying.UNREACHABLE as error:
        hint = "repeat, or set conda_installer_url"
        if isinstance(error, urllib.error.HTTPError):
            hint = INSTALLER_HINT
        elif isinstance(error, urllib.error.URLError):
            hint = "set conda_installer_url to a mirror or a file, or set base_proxy"
        raise BuildError(f"{wish.address}: {retrying.reason_of(error)}", hint) from error
    seen = sha256_of(target)
    if seen != wish.sha256:
        raise BuildError(
            f"{wish.address} is not the installer that was meant: it has sha256 {seen}, not {wish.sha256}",
            INSTALLER_HINT,
        )


def move_environments(source: Path, target: Path) -> None:
    """Move the environments from one installation to another. They refer to the place, which is the same."""
    for folder in environments_in(source):
        (target / "envs").mkdir(mode=0o755, exist_ok=True)
        if not (target / "envs" / folder.name).exists():
            folder.rename(target / "envs" / folder.name)


def configure(wish: Installation, *, write: bool) -> list[str]:
    """Write what is missing of the configuration; return what was done. Without `write`, what would be done."""
    answer = Answer(write=write)
    texts = {wish.prefix / ".condarc": condarc(wish), wish.shell_file: shell_text(wish.prefix)}
    for file, text in texts.items():
        if files.text_of(file) != text:
            answer.do(f"wrote {file}", files.write, files.ManagedFile(file, text))
    target = wish.prefix / "condabin/conda"
    link = wish.program_link
    if not link.is_symlink() and link.exists():
        raise BuildError(f"{link} is there and was not made by this role", "move it away")
    if not link.is_symlink() or link.readlink() != target:
        answer.do(f"linked {link}", files.link, link, str(target))
    return answer.done


def condarc(wish: Installation) -> str:
    """The configuration; certificates are those that the host trusts, not those that conda brings."""
    return wish.condarc + (f"ssl_verify: {CA_BUNDLE}\n" if CA_BUNDLE.exists() else "")


def shell_text(prefix: Path) -> str:
    """What a login shell reads: it makes `conda activate` work and activates nothing."""
    file = prefix / "etc/profile.d/conda.sh"
    return f'{MARK}\nif [ -r "{file}" ]; then\n  . "{file}"\nfi\n'


def remove(wish: Installation, *, write: bool) -> list[str]:
    """Remove what this role made; return what was removed. Without `write`, what would be."""
    answer, link = Answer(write=write), wish.program_link
    if write:
        settle(wish.prefix)
    if kept_folder.read_record(wish.prefix) is not None:
        answer.do(f"removed {wish.prefix}", remove_prefix, wish.prefix)
    if wish.shell_file.exists():
        answer.do(f"removed {wish.shell_file}", wish.shell_file.unlink)
    if link.is_symlink() and link.readlink() == wish.prefix / "condabin/conda":
        answer.do(f"removed {link}", link.unlink)
    return answer.done


def remove_prefix(prefix: Path) -> None:
    """Remove the installation and the environments made in it. Those that people made stay where they are."""
    for folder in kept_folder.made_in(prefix / "envs"):
        kept_folder.discard(folder)
    others = environments_in(prefix)
    if not others:
        kept_folder.discard(prefix)
        return
    rest = {*prefix.iterdir(), *prefix.glob("envs/*")} - {prefix / "envs", *others}
    for path in sorted(rest, key=lambda path: path.name == kept_folder.RECORD):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def environments_in(prefix: Path) -> tuple[Path, ...]:
    """The environments in conda's own folder, whoever made them. Beside them conda leaves a file or two."""
    return tuple(path for path in sorted(prefix.glob("envs/*")) if path.is_dir())
