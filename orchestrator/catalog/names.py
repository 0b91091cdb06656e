"""One form for the many names of one card, and for versions. Pure."""

import re
from functools import lru_cache

_BRANDS = frozenset(
    {"corporation", "generation", "geforce", "gpu", "graphics", "grid", "nvidia", "quadro", "tesla"}
)


def key(name: str) -> str:
    """`NVIDIA Tesla K80`, `Tesla K80` and `k80` become `k80`; `GeForce RTX 4090` and `RTX-4090` become `rtx4090`."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    kept = [word for word in words if word not in _BRANDS] or words
    return "".join(kept)


@lru_cache(maxsize=1024)
def version(text: str) -> tuple[int, ...]:
    """`2.15.0.post1` as numbers that compare: (2, 15, 0, 1)."""
    return tuple(int(number) for number in re.findall(r"\d+", text))


@lru_cache(maxsize=1024)
def minor(text: str) -> str:
    """`2.14` of `2.14.1`."""
    return ".".join(text.split(".")[:2])


def distribution(text: str) -> str:
    """`debian-12` of `Debian GNU/Linux 12 (bookworm)`, `debian12` or `Debian 12.8`; a codename as it is, small."""
    found = re.search(r"(debian|ubuntu)\D*(\d+)(?:\.(\d+))?", text.lower())
    if not found:
        return text.strip().lower()
    name, major, point = found.groups()
    if name == "debian":
        return f"debian-{major}"
    return f"ubuntu-{major}.{point}" if point else f"ubuntu-{major[:2]}.{major[2:] or '04'}"


def release(text: str) -> str:
    """`2.15.1` of `v2.15.1`, `tensorflow==2.15.1`, `torch==2.15.1`; empty, which is the newest that works, of `latest`."""
    plain = re.sub(r"^((tensorflow|jax|torch)(\[[\w-]+\])?\s*(==)?\s*|v)", "", text.strip().lower())
    return "" if plain in ("latest", "newest", "auto") else re.sub(r"\.[x*]$", "", plain)


def cuda(text: str) -> str:
    """`12.4` of `12.4.1`, `cuda-12-4`, `CUDA 12.4` or `cu124`; `12` of `12`."""
    found = re.fullmatch(r"(?:cuda|cu)?[-_ ]?(\d\d?)(?:[.-](\d+)(?:[.-]\d+)*|(\d))?", text.strip().lower())
    if not found:
        return text
    point = found[2] or found[3]
    return f"{found[1]}.{point}" if point else found[1]


def python(text: str) -> str:
    """`3.11` of `python3.11`, `Python 3.11.4`, `py311` or `cp311`."""
    found = re.fullmatch(r"(?:python|py|cp)?\s*(3)\.?(\d+)(?:\.\w+)?", text.strip().lower())
    return f"{found[1]}.{found[2]}" if found else text


def branch(text: str) -> str:
    """`535` of `nvidia-driver-535-server`, `535.104.05` or `R535`."""
    found = re.search(r"(?<!\d)(\d{3})(?!\d)", text)
    return found[1] if found else text
