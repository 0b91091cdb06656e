"""A signed package repository laid out as NVIDIA's flat ones are. Runs on the host of a test, as root.

    python3 repository.py add < packages.json     builds packages that are not there yet, then publishes all
    python3 repository.py publish FAULT           publishes all again, sound (`none`) or broken in one way

What is served is made anew from the packages and the keys each time, so no fault outlives the next publishing.
Never leaves its folder.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/srv/apt-repository")
POOL, SERVED, KEYS = ROOT / "pool", ROOT / "www", ROOT / "keys"

OWN, FOREIGN = "Test repository", "Somebody else"
"""User ids of the two signing keys: the one a host is told to trust, and the one it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package to build."""

    name: str
    version: str
    control: dict[str, str]
    """Further fields of the control file: `Depends`, `Provides`, `Conflicts` …"""
    files: tuple[dict[str, str], ...]
    """`path`, `content`, `mode`."""
    tree: str
    """A folder on the host whose content is the package's too; empty for none."""
    scripts: dict[str, str]
    """Maintainer scripts by name: `postinst` …"""


def parse_packages(text: str) -> tuple[Package, ...]:
    """The packages that the tasks send."""
    return tuple(
        Package(
            name=given["name"],
            version=given["version"],
            control={
                field.capitalize(): given[field]
                for field in ("depends", "provides", "conflicts", "replaces", "architecture")
                if field in given
            },
            files=tuple(given.get("files", ())),
            tree=given.get("tree", ""),
            scripts=given.get("scripts", {}),
        )
        for given in json.loads(text)
    )


def build(package: Package) -> None:
    """Put the package into the pool, unless this version of it is there."""
    control = {
        "Package": package.name,
        "Version": package.version,
        "Architecture": output("dpkg", "--print-architecture"),
        "Maintainer": "A test",
        "Description": "made for a test",
        **package.control,
    }
    target = POOL / f"{package.name}_{package.version}_{control['Architecture']}.deb"
    if target.exists():
        return
    folder = ROOT / "build"
    shutil.rmtree(folder, ignore_errors=True)
    if package.tree:
        # Hard links: a compiler is large.
        shutil.copytree(package.tree, folder, symlinks=True, copy_function=os.link)
    (folder / "DEBIAN").mkdir(parents=True)
    lines = [f"{field}: {value}\n" for field, value in control.items()]
    (folder / "DEBIAN/control").write_text("".join(lines))
    for name, text in package.scripts.items():
        write(folder / "DEBIAN" / name, text, 0o755)
    for file in package.files:
        write(folder / file["path"].lstrip("/"), file["content"], int(file.get("mode", "0644"), 8))
    run("dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", str(folder), str(target))
    shutil.rmtree(folder)


def publish(fault: str) -> None:
    """Serve the pool, with the fault."""
    break_it = FAULTS[fault]
    shutil.rmtree(SERVED, ignore_errors=True)
    served = SERVED / location()
    shutil.copytree(POOL, served, copy_function=os.link)
    (served / "Packages").write_text(output("apt-ftparchive", "packages", ".", folder=served) + "\n")
    release(served)
    sign(served, OWN)
    offer_key(served, OWN)
    break_it(served)


def other_signature(served: Path) -> None:
    """Signed, but with a key that is not the one on offer."""
    sign(served, FOREIGN)


def other_key(served: Path) -> None:
    """Everything is somebody else's, in itself sound: the key under the known address, too."""
    (sole,) = served.glob("*.pub")
    sign(served, FOREIGN)
    offer_key(served, FOREIGN, name=sole.name)


def unsigned(served: Path) -> None:
    """No signature at all."""
    for name in ("InRelease", "Release.gpg"):
        (served / name).unlink()


def tampered_index(served: Path) -> None:
    """The list of packages was changed after it was signed."""
    index = served / "Packages"
    # A new one first, or a host that has fetched the sound one would not fetch it again.
    index.write_text(f"{index.read_text()}\nPackage: added\nVersion: 1\nFilename: ./added.deb\nSize: 1\n")
    release(served)
    sign(served, OWN)
    index.write_text(index.read_text().replace("Size: 1\n", "Size: 2\n"))
    run("gzip", "--force", "--keep", "--no-name", "Packages", folder=served)


def tampered_package(served: Path) -> None:
    """One byte of every package is another."""
    for path in served.glob("*.deb"):
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.unlink()  # it shares its content with the pool
        path.write_bytes(content)


FAULTS: dict[str, Callable[[Path], None]] = {
    "none": lambda _served: None,
    "other_signature": other_signature,
    "other_key": other_key,
    "unsigned": unsigned,
    "tampered_index": tampered_index,
    "tampered_package": tampered_package,
}


def release(served: Path) -> None:
    """Write the release file, with the checksums of the index."""
    run("gzip", "--force", "--keep", "--no-name", "Packages", folder=served)
    options = (
        "Origin=NVIDIA",
        "Label=NVIDIA CUDA",
        f"Architectures={output('dpkg', '--print-architecture')}",
    )
    flags = (part for option in options for part in ("-o", f"APT::FTPArchive::Release::{option}"))
    text = output("apt-ftparchive", *flags, "release", ".", folder=served)
    (served / "Release").write_text(text + "\n")


def sign(served: Path, key: str) -> None:
    """Sign the release file both ways that apt knows."""
    gpg("--yes", "--local-user", key, "--clearsign", "--output", "InRelease", "Release", folder=served)
    gpg(
        *("--yes", "--local-user", key, "--armor", "--detach-sign", "--output", "Release.gpg", "Release"),
        folder=served,
    )


def offer_key(served: Path, key: str, name: str = "") -> None:
    """Serve the public half, named by the end of its fingerprint as NVIDIA's is."""
    path = served / (name or f"{fingerprint(key)[-8:].lower()}.pub")
    path.write_text(gpg("--armor", "--export", key) + "\n")


def make_keys() -> None:
    """Make both keys, once in a repository's life."""
    if not KEYS.exists():
        KEYS.mkdir(mode=0o700)
        for key in (OWN, FOREIGN):
            gpg("--passphrase", "", "--quick-generate-key", key, "ed25519", "sign", "never")


def fingerprint(key: str) -> str:
    """Of the key with this user id."""
    lines = gpg("--with-colons", "--list-keys", key).splitlines()
    return next(line.split(":")[9] for line in lines if line.startswith("fpr:"))


def location() -> Path:
    """Where NVIDIA's server has the packages for this distribution and machine."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if line)
    distribution = (release["ID"] + release["VERSION_ID"]).replace('"', "").replace(".", "")
    machine = {"aarch64": "sbsa"}.get(os.uname().machine, os.uname().machine)
    return Path("compute/cuda/repos") / distribution / machine


def facts(address: str) -> dict[str, str]:
    """What a host has to be told to use the repository."""
    url = f"{address}/{location()}/"
    key = fingerprint(OWN)
    return {"url": url, "key_url": f"{url}{key[-8:].lower()}.pub", "fingerprint": key}


def write(path: Path, text: str, mode: int) -> None:
    """Write a file of a package."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def gpg(*arguments: str, folder: Path = ROOT) -> str:
    """Run gpg with the keys of this repository alone."""
    return output("gpg", "--homedir", str(KEYS), "--batch", "--quiet", *arguments, folder=folder)


def output(*argv: str, folder: Path = ROOT) -> str:
    """Run a program and return what it says, stripped."""
    return subprocess.run(argv, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def run(*argv: str, folder: Path = ROOT) -> None:
    """Run a program."""
    output(*argv, folder=folder)


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; print the facts for the host."""
    os.umask(0o022)
    verb, subject = arguments
    if verb == "add":
        make_keys()
        POOL.mkdir(exist_ok=True)
        for package in parse_packages(sys.stdin.read()):
            build(package)
        publish("none")
        print(json.dumps(facts(subject)))
    else:
        publish(subject)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
