"""A signed package repository laid out as NVIDIA's flat ones are, and beside it one laid out as a distribution's archive is.

Runs on the host of a test, as root.

    python3 -m tests.molecule.apt_repository.tasks.repository add ADDRESS < packages.json
    python3 -m tests.molecule.apt_repository.tasks.repository publish FAULT

The first builds packages that are not there yet, then publishes all; the second publishes all again, sound (`none`) or broken in
one way.

What is served is made anew from the packages and the keys each time, so no fault outlives the next publishing.
Never leaves its folder.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.molecule.apt_repository.tasks.packages import POOL, ROOT, build, output, parse_packages, run

SERVED, KEYS = ROOT / "www", ROOT / "keys"

OWN, FOREIGN, ARCHIVE = "Test repository", "Somebody else", "Test archive"
"""User ids of the signing keys: the one a host is told to trust, the one it is not, and the one of the distribution's archive."""


def publish(fault: str) -> None:
    """Serve the pool, with the fault."""
    break_it = FAULTS[fault]
    shutil.rmtree(SERVED, ignore_errors=True)
    served = SERVED / location()
    served.mkdir(parents=True)
    for path in POOL.glob("*.deb"):
        os.link(path, served / path.name)
    (served / "Packages").write_text(output("apt-ftparchive", "packages", ".", folder=served) + "\n")
    run("gzip", "--force", "--keep", "--no-name", "Packages", folder=served)
    release(served)
    sign(served, OWN)
    offer_key(served, OWN)
    break_it(served)
    publish_archive()


def publish_archive() -> None:
    """Serve what belongs to components of the distribution's archive, if anything does."""
    components = sorted(folder.name for folder in POOL.iterdir() if folder.is_dir())
    if not components:
        return
    top = SERVED / "archive"
    shutil.copytree(POOL, top / "pool", copy_function=os.link, ignore=lambda folder, _names: _loose(folder))
    suite = top / "dists" / os_release()["VERSION_CODENAME"]
    machine = output("dpkg", "--print-architecture")
    for component in components:
        index = suite / component / f"binary-{machine}" / "Packages"
        index.parent.mkdir(parents=True)
        index.write_text(output("apt-ftparchive", "packages", f"pool/{component}", folder=top) + "\n")
    name = os_release()["ID"].capitalize()
    release(
        suite, Origin=name, Label=name, Suite=suite.name, Codename=suite.name, Components=" ".join(components)
    )
    sign(suite, ARCHIVE)


def _loose(folder: str) -> set[str]:
    """Packages that are in no component: NVIDIA's."""
    return {path.name for path in Path(folder).glob("*.deb")} if Path(folder) == POOL else set()


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
    run("gzip", "--force", "--keep", "--no-name", "Packages", folder=served)
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


def release(served: Path, **fields: str) -> None:
    """Write the release file, with the checksums of the index. It is NVIDIA's unless the fields say else."""
    given = {
        "Origin": "NVIDIA",
        "Label": "NVIDIA CUDA",
        "Architectures": output("dpkg", "--print-architecture"),
        **fields,
    }
    flags = (
        part for name, value in given.items() for part in ("-o", f"APT::FTPArchive::Release::{name}={value}")
    )
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
        for key in (OWN, FOREIGN, ARCHIVE):
            gpg("--passphrase", "", "--quick-generate-key", key, "ed25519", "sign", "never")


def fingerprint(key: str) -> str:
    """Of the key with this user id."""
    lines = gpg("--with-colons", "--list-keys", key).splitlines()
    return next(line.split(":")[9] for line in lines if line.startswith("fpr:"))


def location() -> Path:
    """Where NVIDIA's server has the packages for this distribution and machine."""
    distribution = (os_release()["ID"] + os_release()["VERSION_ID"]).replace(".", "")
    machine = {"aarch64": "sbsa"}.get(os.uname().machine, os.uname().machine)
    return Path("compute/cuda/repos") / distribution / machine


def os_release() -> dict[str, str]:
    """What the host says that it is."""
    lines = Path("/etc/os-release").read_text().splitlines()
    return {
        name: value.strip('"') for name, _equals, value in (line.partition("=") for line in lines if line)
    }


def facts(address: str) -> dict[str, str]:
    """What a host has to be told to use the repository, and the archive."""
    url = f"{address}/{location()}/"
    key = fingerprint(OWN)
    return {
        "url": url,
        "key_url": f"{url}{key[-8:].lower()}.pub",
        "fingerprint": key,
        "archive_url": f"{address}/archive/",
        "archive_key": gpg("--armor", "--export", ARCHIVE),
    }


def gpg(*arguments: str, folder: Path = ROOT) -> str:
    """Run gpg with the keys of this repository alone."""
    return output("gpg", "--homedir", str(KEYS), "--batch", "--quiet", *arguments, folder=folder)


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
