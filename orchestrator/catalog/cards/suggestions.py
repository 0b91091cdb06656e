"""Which cards somebody may have meant whose name nobody knows: those of its family, the nearest number first. Pure."""

import re
from collections.abc import Mapping, Sequence

MOST = 4
_NUMBER = re.compile(r"([a-z]*)(\d+)([a-z]*)")


def nearest(wanted: Sequence[str], known: Mapping[str, frozenset[str]]) -> list[str]:
    """Names of the same family with the nearest numbers; where the word has no number, the most alike in spelling."""
    asked = [_taken_apart(word) for word in wanted]
    model = max((each for each in asked if each), key=lambda each: len(str(each[1])), default=None)
    if model is None:
        return _alike(wanted, known)
    letter, number, tail = model
    series = {word for word in wanted if not re.search(r"\d", word)}
    ranked = []
    for name, its in known.items():
        models = [each for each in map(_taken_apart, sorted(its)) if each and each[0] == letter]
        if models:
            closest = min(models, key=lambda each: (abs(each[1] - number), each[2] != tail))
            same_length = len(str(closest[1])) == len(str(number))
            off = abs(closest[1] - number)
            if same_length and off <= max(number // 10, 10):
                ranked.append((off, closest[2] != tail, -len(series & its), len(its), name))
    return list(dict.fromkeys(name for *_, name in sorted(ranked)))[:MOST] or _alike(wanted, known)


def _taken_apart(word: str) -> tuple[str, int, str] | None:
    """`a`, 6000 and `m` of `a6000m`. The letters O and l between digits are zero and one."""
    digits = re.sub(r"(?<=\d)o|o(?=\d)", "0", word)
    found = _NUMBER.fullmatch(digits)
    return (found[1], int(found[2]), found[3]) if found else None


def _alike(wanted: Sequence[str], known: Mapping[str, frozenset[str]]) -> list[str]:
    from difflib import get_close_matches

    keys = {"".join(name.lower().split()): name for name in known}
    return [keys[key] for key in get_close_matches("".join(wanted), keys, MOST, 0.5)]
