"""What the next start of the machine will be: the kernel, and whose modules the firmware lets it load. Changes neither."""

from __future__ import annotations

from pathlib import Path

from gpuhost.files import assignments, content
from gpuhost.probe.packages import version_key

EFI = "sys/firmware/efi"
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
SHIM = "605dab50-e046-4300-abb6-3dd810dd8b23"
"""Owners of EFI variables: the UEFI specification, and shim, the boot loader that knows machine owners' keys."""

DKMS_KEYS = ("var/lib/dkms/mok.pub", "var/lib/shim-signed/mok/MOK.der")
"""The certificate that modules built on this host are signed with, on Debian and on Ubuntu."""


def kernel_next(root: Path) -> str:
    """The version of the kernel that will boot; empty when there is none in /boot, as in a container."""
    names = (path.name.partition("-")[2] for path in (root / "boot").glob("vmlinuz-*"))
    # Leftovers of dpkg and of `make install` are no entries of the menu.
    kernels = [name for name in names if not name.endswith((".old", ".dpkg-new", ".dpkg-tmp", ".bak"))]
    kernels.sort(key=version_key, reverse=True)
    return _chosen(_default_entry(root), kernels) if kernels else ""


def secure_boot(root: Path) -> bool | None:
    """True when the kernel loads signed modules only; None when the firmware's answer cannot be read."""
    if not (root / EFI).is_dir():
        return False
    state = _variable(root, f"SecureBoot-{GLOBAL}")
    # `mokutil --disable-validation`: the firmware still says on.
    waived = _variable(root, f"MokSBStateRT-{SHIM}")[:1] == b"\1"
    return state[0] == 1 and not waived if state else None


def dkms_key_enrolled(root: Path) -> bool | None:
    """True when shim trusts the key of this host's own modules; None when there is no such key yet."""
    keys = [key for key in (content(root / path) for path in DKMS_KEYS) if key]
    trusted = b"".join(
        content(path)
        for folder in ("efivars", "mok-variables")
        for path in sorted((root / EFI / folder).glob("MokListRT*"))
    )
    return any(key in trusted for key in keys) if keys else None


def _default_entry(root: Path) -> str:
    """What GRUB's configuration and its memory choose: a number, a title or an id, behind that of its submenu and `>`."""
    files = [root / "etc/default/grub", *sorted((root / "etc/default/grub.d").glob("*.cfg"))]
    configured = "0"
    for file in files:
        configured = assignments(file).get("GRUB_DEFAULT", configured)
    memory = assignments(root / "boot/grub/grubenv")
    once, saved = memory.get("next_entry", ""), memory.get("saved_entry", "0")
    return once or (saved if configured == "saved" else configured)


def _chosen(entry: str, kernels: list[str]) -> str:
    """The kernel of a menu entry; the newest where the entry names none that is there."""
    submenu, _, last = entry.rpartition(">")
    if last.isdigit():
        # The submenu lists each kernel twice: as it is, and for recovery.
        place = int(last) // 2 if submenu else 0
        return kernels[place] if place < len(kernels) else kernels[0]
    return max((kernel for kernel in kernels if kernel in last), key=len, default=kernels[0])


def _variable(root: Path, name: str) -> bytes:
    """The value of an EFI variable, behind the four bytes of its attributes."""
    return content(root / EFI / "efivars" / name)[4:]
