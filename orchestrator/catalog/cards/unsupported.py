"""Cards that no row of the catalog is about, and what is to be said of them: other makers', older than Fermi, Jetson. Pure."""

import re

from orchestrator.catalog.cards.instance_types import is_type
from orchestrator.errors import UsageError

_OTHERS = {
    "AMD": r"\bamd\b|\bati\b|radeon|instinct|\bmi\d{2,3}[axp]?\b|\brx ?\d{3,4}|\bnavi\b|\bvega\b|firepro|\b1002:",
    "Intel": r"\bintel\b|\barc\b|\biris\b|\buhd\b|gaudi|habana|\bmax 1[15]\d0\b|\b8086:",
    "AWS": r"inferentia|trainium",
    "Google": r"\btpu\b",
    "Apple": r"\bapple\b|\bmetal\b",
}
_JETSON = re.compile(
    r"jetson|tegra|xavier|\borin\b|\bnano\b|\bthor\b|\btx[12]\b|nvgpu|\bagx\b", re.IGNORECASE
)
_BEFORE_FERMI = re.compile(
    r"(geforce |nvidia )*(gt[xs]? ?)?(1[0-5]\d|2[0-9]\d|3[0-4]\d)m?( ?(gtx?|gts|plus))?|(geforce |nvidia )*(gt[xs]? ?)?[6-9]\d00m? ?"
    r"(gs|gt|gts|gtx|gx2|gso|le|ultra|se|mgpu|g)?\+?|(nvidia )?quadro (fx|nvs) ?.*|(nvidia )?(tesla )?[cms](870|10\d\d)|geforce ?[2-4]( .*)?",
    re.IGNORECASE,
)


_VGPU = re.compile(r"[a-z0-9]-\d{1,3}(?P<series>[abcq])(me)?\s*$", re.IGNORECASE)
"""NVIDIA vGPU names a share by the card, its GiB and a letter: `GRID T4-16Q`. C and Q have CUDA (vGPU software user guide)."""
_NONE = frozenset({"", "0", "-", "cpu", "no", "none", "null", "no gpu", "without"})


class UnknownGpuError(UsageError):
    """No GPU of the catalog has this name."""


class AmbiguousGpuError(UnknownGpuError):
    """Cards that differ in what works on them have this name."""


class OtherMakerError(UnknownGpuError):
    """The card is not NVIDIA's."""


class TooOldGpuError(UnknownGpuError):
    """The card is older than anything that the catalog is about."""


class VirtualGpuError(UnknownGpuError):
    """A share of a card that a hypervisor makes."""


class JetsonError(UnknownGpuError):
    """The GPU is a part of an NVIDIA Jetson."""


def other_maker(text: str) -> str:
    """Whose card it is, where it is not NVIDIA's; else empty."""
    if re.search(r"nvidia|geforce|quadro|tesla\b|\b10de:", text, re.IGNORECASE):
        return ""
    for maker, pattern in _OTHERS.items():
        if re.search(pattern, text, re.IGNORECASE):
            return maker
    return ""


def refuse_unsupported(text: str) -> None:
    """Say what is known of a card that is in no table.

    Raises:
        OtherMakerError, JetsonError, TooOldGpuError, VirtualGpuError: what it is.
    """
    if " ".join(text.lower().split()) in _NONE:
        raise UnknownGpuError(
            f"{text!r} is no card", "orchestrate resolve  # without a card: TensorFlow on the CPU"
        )
    if is_type(text.strip()):
        raise UnknownGpuError(
            f"{text!r} is an EC2 type and no card",
            f"orchestrate resolve --instance-type {text.strip().lower()}",
        )
    if shared := _VGPU.search(text):
        without = " and has no CUDA" if shared["series"].lower() in "ab" else ""
        raise VirtualGpuError(
            f"{text!r} is a share of a card by NVIDIA vGPU{without}: its driver is the guest driver of the hypervisor's vGPU"
            " release, which no public repository has",
            "install that driver, and leave nvidia_driver out of `roles:`",
        )
    maker = other_maker(text)
    if maker:
        raise OtherMakerError(
            f"{text!r} is of {maker}: the stacks that are decided here run on NVIDIA's cards alone, through CUDA",
            "orchestrate resolve  # without a card: TensorFlow on the CPU",
        )
    if _JETSON.search(text):
        raise JetsonError(
            f"{text!r} is a Jetson, whose driver and CUDA come with JetPack: TensorFlow's own wheels for aarch64 are built without"
            " CUDA",
            "NVIDIA's build of TensorFlow for the host's release of JetPack: see its page `Installing TensorFlow for Jetson Platform`",
        )
    if _BEFORE_FERMI.fullmatch(" ".join(text.split())):
        raise TooOldGpuError(
            f"{text!r} is too old: cards before Fermi have compute capability 1.x or none, their last driver is 340, their last"
            " CUDA 6.5, and no TensorFlow has code for them",
            "orchestrate resolve --gpu 'GeForce GTX 1660'  # TensorFlow of today begins with Pascal",
        )
