"""What stands in the name of a card: a count, a PCI id, a chip, a MIG profile, and the words that are left. Pure.

Understands what people type, what nvidia-smi prints and whole lines of lspci. Knows no card.
"""

import re
from dataclasses import dataclass

MAKER = frozenset({"corporation", "geforce", "gpu", "graphics", "hgx", "nvidia", "tesla"})
"""Words that tell no card from another."""
FORM = re.compile(r"\d+g[bi]?b?|sxm\d?|pcie|pci|hbm\d?e?|nvl|n|ls|ac|oem|dgxs?|fhhl|gddr\dx?|lhr|rev|v\d")
"""Memory and form: they tell some cards apart, and are written behind many where they do not."""

BOARD = frozenset(
    {
        *(
            "aorus",
            "asus",
            "colorful",
            "eagle",
            "evga",
            "gainward",
            "galax",
            "gigabyte",
            "inno3d",
            "msi",
            "palit",
            "pny",
            "zotac",
        ),
        *(
            "edition",
            "founders",
            "fe",
            "gaming",
            "oc",
            "rog",
            "strix",
            "suprim",
            "trio",
            "tuf",
            "ventus",
            "windforce",
            "x",
        ),
    }
)
"""Who made the board, and how it is cooled: words that tell no chip from another, where all others fit one."""

_ID = re.compile(r"(?:\b|0x)10de[:, ]\s*(?:0x)?([0-9a-f]{4})\b|\bdevice ([0-9a-f]{4})\b", re.IGNORECASE)
_MIG = re.compile(r"(?:\bmig[\s-]*)?\b(\d)g\.(\d+)gb(?:\+\w+)?|\bmig\b", re.IGNORECASE)
_CHIP = r"(?:GF|GK|GM|GP|GV|TU|GA|AD|GH|GB)\d{2,3}"
_LSPCI = re.compile(rf"\b({_CHIP})[A-Z]*\d?[A-Z]*\s*\[([^\]]+)\]")
_OWN = re.compile(rf"\(({_CHIP})\w*\)")
_COUNT = re.compile(
    r"^\s*([1-9]\d?)\s*[x*\u00d7]\s*(?=[a-z1])|(?<=[a-z\d])\s*[x*\u00d7]\s*([1-9]\d?)\s*$", re.IGNORECASE
)
"""Never 0, which `0x10de` would be."""
_AND = re.compile(r"\s*[,;+&]\s*|\s+and\s+")
_NOISE = re.compile(
    r"\(UUID:[^)]*\)|^\s*GPU \d+:|\(rev \w+\)|\bDevice \d+:|\bwith max-?q design\b|\bmax-?q\b", re.IGNORECASE
)
_LAPTOP = frozenset({"laptop", "mobile", "notebook"})
_SERIES = re.compile(r"(rtx|gtx|gts|gt)(pro)?(a?\d.*)")
_TITAN = re.compile(r"titan(x|xp|v|z|rtx|black)")
_GRADE = re.compile(r"(\d{3,4})(ti|super|tisuper)|([45]\d90)(d)")
_SPACED = re.compile(r"\b(\d+)\s+(gi?b)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedName:
    """A name, taken apart."""

    words: tuple[str, ...]
    """Small, without NVIDIA, GeForce, Tesla and the like: `rtx`, `3090`."""
    count: int = 1
    device_id: str = ""
    """`1eb8` of `10de:1eb8`."""
    chip: str = ""
    """`GK210`; empty where none is named."""
    mig: str = ""
    """`1g.10gb`; empty for a whole card."""


def parse(text: str) -> ParsedName:
    """The parts of a name."""
    count = _COUNT.search(text)
    name = _COUNT.sub(" ", text, count=1)
    device = _ID.search(name)
    mig = next((found for found in _MIG.finditer(name) if found[1]), None)
    named = _LSPCI.search(name) or _OWN.search(name)
    chip = named[1].upper() if named else ""
    if named and named.re is _LSPCI:
        name = named[2]
    name = _MIG.sub(" ", _ID.sub(" ", _OWN.sub(" ", name)))
    return ParsedName(
        words=words(name),
        count=int(count[1] or count[2]) if count else 1,
        device_id=(device[1] or device[2]).lower() if device else "",
        chip=chip,
        mig=f"{mig[1]}g.{mig[2]}gb" if mig else "",
    )


def several(text: str) -> tuple[str, ...]:
    """The cards that are named one after the other: `2x A100 + 1x T4`, `T4, T4`. What is no list comes back as it is."""
    return tuple(filter(None, _AND.split(text.strip()))) or (text,)


def words(name: str) -> tuple[str, ...]:
    """The words that tell the card from others: `rtx`, `4070`, `ti`, `super` of `NVIDIA GeForce RTX4070Ti-SUPER`."""
    laptop = re.search(r"max-?q", name, re.IGNORECASE) and "workstation" not in name.lower()
    name = _SPACED.sub(r"\1\2", name)
    plain = _NOISE.sub(" ", name) if laptop else re.sub(r"max-q", "maxq", _plain(name), flags=re.IGNORECASE)
    split = [part for word in re.findall(r"[a-z0-9]+", plain.lower()) for part in _split(word)]
    kept = ["laptop" if word in _LAPTOP else word for word in split if word not in MAKER]
    return tuple(dict.fromkeys((*(kept or split), *(["laptop"] if laptop else []))))


def _plain(name: str) -> str:
    return re.sub(r"\(UUID:[^)]*\)|^\s*GPU \d+:|\(rev \w+\)|\bDevice \d+:", " ", name, flags=re.IGNORECASE)


def _split(word: str) -> list[str]:
    """What is written together: `rtx4090`, `1080ti`, `titanxp`."""
    if series := _SERIES.fullmatch(word):
        return [part for part in (series[1], series[2]) if part] + _split(series[3])
    if titan := _TITAN.fullmatch(word):
        return ["titan", titan[1]]
    if grade := _GRADE.fullmatch(word):
        number, rest = (part for part in grade.groups() if part)
        return [number, *(["ti", "super"] if rest == "tisuper" else [rest])]
    return [word]
