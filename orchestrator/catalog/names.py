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
