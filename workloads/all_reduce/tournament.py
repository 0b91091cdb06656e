"""In which order every task meets every other one, as many pairs at a time as there can be. Pure."""

from typing import TypeAlias

Pair: TypeAlias = tuple[int, int]


def rounds(tasks: int) -> tuple[tuple[Pair, ...], ...]:
    """A round-robin tournament by the circle method: in each round no task twice, in all rounds each pair once.

    With an odd number one task rests in each round.
    """
    places: list[int | None] = [*range(tasks), *([None] if tasks % 2 else [])]
    made = []
    for _ in range(len(places) - 1):
        half = len(places) // 2
        met = zip(places[:half], reversed(places[half:]), strict=True)
        pairs = [(min(a, b), max(a, b)) for a, b in met if a is not None and b is not None]
        made.append(tuple(sorted(pairs)))
        places = [places[0], places[-1], *places[1:-1]]
    return tuple(made)


def partner(pairs: tuple[Pair, ...], task: int) -> Pair | None:
    """The pair in which a task is in one round; None where it rests."""
    return next((pair for pair in pairs if task in pair), None)
