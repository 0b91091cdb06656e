"""What the roles know of distributions, and what they say of one that they do not know."""

import pytest
from ansible_collections.orchestrate.gpu.plugins.filter.distribution import distribution, distributions

from orchestrator.catalog.catalog import load

FACTS = {
    "debian-12": {
        "distribution": "Debian",
        "distribution_version": "12.11",
        "distribution_major_version": "12",
    },
    "debian-13": {"distribution": "Debian", "distribution_version": "13", "distribution_major_version": "13"},
    "ubuntu-22.04": {
        "distribution": "Ubuntu",
        "distribution_version": "22.04",
        "distribution_major_version": "22",
    },
    "ubuntu-24.04": {
        "distribution": "Ubuntu",
        "distribution_version": "24.04",
        "distribution_major_version": "24",
    },
    "ubuntu-26.04": {
        "distribution": "Ubuntu",
        "distribution_version": "26.04",
        "distribution_major_version": "26",
    },
}
"""As Ansible gathers them."""


@pytest.mark.parametrize("name", FACTS)
def test_a_known_distribution_is_found_by_the_facts_of_ansible(name: str) -> None:
    found = distribution(FACTS[name])
    assert (found["id"], found["refusal"]) == (name, "")
    assert found["nvidia_repository"] == name.replace("-", "").replace(".", "")
    assert set(distributions()) == set(FACTS)


@pytest.mark.parametrize(
    ("facts", "seen"),
    [
        ({"distribution": "Debian", "distribution_version": "11.9", "distribution_major_version": "11"}, "Debian 11.9"),
        ({"distribution": "Ubuntu", "distribution_version": "24.10", "distribution_major_version": "24"}, "Ubuntu 24.10"),
        ({"distribution": "Fedora", "distribution_version": "43", "distribution_major_version": "43"}, "Fedora 43"),
        ({}, "an unknown system"),
    ],
)  # fmt: skip
def test_another_is_refused_with_what_it_is_and_what_is_known(facts: dict[str, str], seen: str) -> None:
    found = distribution(facts)
    refusal = found.pop("refusal")
    assert set(found.values()) == {""}
    assert found.keys() | {"refusal"} == distribution(FACTS["debian-12"]).keys()
    assert refusal == (
        f"This is {seen}; the roles know Debian 12, Debian 13, Ubuntu 22.04, Ubuntu 24.04 and Ubuntu 26.04."
        " Take this host out of the inventory, or install one of these."
    )


@pytest.mark.parametrize("name", FACTS)
def test_the_catalog_calls_it_the_same(name: str) -> None:
    here, there = distribution(FACTS[name]), load().distribution(name)
    assert (here["label"], here["codename"], here["nvidia_repository"]) == (
        there.label,
        there.codename,
        there.nvidia_repository,
    )
