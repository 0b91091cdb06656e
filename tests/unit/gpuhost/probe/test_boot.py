"""Which kernel boots next, and whose modules the firmware lets it load."""

from pathlib import Path

import pytest

from gpuhost.probe.boot import dkms_key_enrolled, kernel_next, secure_boot
from tests.unit.gpuhost.probe.trees import SECURE_BOOT, TRUSTED, WAIVED, Tree, efi_variable, grown, kernel

OLD, NEW = "6.1.0-9-amd64", "6.1.0-41-amd64"
BOTH = kernel(OLD) | kernel(NEW)
SUBMENU = "gnulinux-advanced-1b2c"
OLD_ENTRY = f"{SUBMENU}>gnulinux-{OLD}-advanced-1b2c"
MOK = b"0\x82\x03\x0d certificate"


def grub(default: str) -> Tree:
    return {"etc/default/grub": f'# comment\nGRUB_DEFAULT="{default}"\nGRUB_TIMEOUT=5\n'}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], ""),
        ([BOTH], NEW),
        ([BOTH, grub("0")], NEW),
        ([BOTH, grub(OLD_ENTRY)], OLD),
        ([BOTH, grub(f"Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux {OLD}")], OLD),
        ([BOTH, grub("1>2")], OLD),
        ([BOTH, grub("1>0")], NEW),
        ([BOTH, grub("1>9")], NEW),
        ([BOTH, grub("a kernel that was removed")], NEW),
        ([BOTH, grub("saved"), {"boot/grub/grubenv": f"# GRUB\nsaved_entry={OLD_ENTRY}\n####"}], OLD),
        ([BOTH, grub("saved")], NEW),
        ([BOTH, grub("0"), {"boot/grub/grubenv": f"next_entry={OLD_ENTRY}\n####"}], OLD),
        ([BOTH, grub("0"), {"etc/default/grub.d/50-kernel.cfg": f"GRUB_DEFAULT='{OLD_ENTRY}'"}], OLD),
        ([kernel(OLD), {f"boot/vmlinuz-{NEW}.dpkg-new": "", "boot/vmlinuz-9.9.9.old": ""}], OLD),
    ],
)
def test_the_next_kernel_is_the_newest_unless_grub_is_told_otherwise(
    tmp_path: Path, parts: list[Tree], expected: str
) -> None:
    assert kernel_next(grown(tmp_path, *parts)) == expected


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({}, False),
        ({SECURE_BOOT: efi_variable(1)}, True),
        ({SECURE_BOOT: efi_variable(0)}, False),
        ({SECURE_BOOT: efi_variable(1), WAIVED: efi_variable(1)}, False),
        ({"sys/firmware/efi/fw_platform_size": "64"}, None),
        ({SECURE_BOOT: b""}, None),
    ],
)
def test_secure_boot_is_read_from_the_firmware(tmp_path: Path, tree: Tree, expected: bool | None) -> None:
    assert secure_boot(grown(tmp_path, tree)) is expected


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({}, None),
        ({TRUSTED: b"\6\0\0\0 other keys"}, None),
        ({"var/lib/dkms/mok.pub": MOK}, False),
        ({"var/lib/dkms/mok.pub": MOK, TRUSTED: b"\6\0\0\0 another" + MOK + b" a third"}, True),
        (
            {
                "var/lib/shim-signed/mok/MOK.der": MOK,
                "sys/firmware/efi/mok-variables/MokListRT": b" another" + MOK,
            },
            True,
        ),
    ],
)
def test_a_key_is_enrolled_when_shim_lists_it(tmp_path: Path, tree: Tree, expected: bool | None) -> None:
    assert dkms_key_enrolled(grown(tmp_path, tree)) is expected
