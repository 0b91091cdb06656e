"""What a framework can have of a card: the least of what is free, what is allowed, and what it takes at all."""

import pytest

from workloads.memory.gpu import free, usable

GIB = 2**30


@pytest.mark.parametrize(
    ("backend", "limit", "expected"),
    [
        ("tensorflow", None, (10 * GIB, "NVML")),
        ("tensorflow", 4096, (4 * GIB, "--memory-limit-mib")),
        ("tensorflow", 12_288, (10 * GIB, "NVML")),
        ("jax", None, (9 * GIB, "the 75% that JAX takes")),
        ("jax", 4096, (4 * GIB, "--memory-limit-mib")),
    ],
)
def test_the_least_counts_and_says_who_it_is(
    backend: str, limit: int | None, expected: tuple[int, str]
) -> None:
    assert usable(10 * GIB, 12 * GIB, backend, limit) == expected


def test_a_computer_without_a_card_has_none_to_say() -> None:
    assert free() == {}
