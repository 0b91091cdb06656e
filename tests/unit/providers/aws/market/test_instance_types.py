"""What is known of a type without asking."""

import pytest

from orchestrator.providers.aws.market.instance_types import architecture_of, row_of, vcpus_of


@pytest.mark.parametrize(
    ("instance_type", "architecture"),
    [
        ("g4dn.xlarge", "x86_64"),
        ("g5g.xlarge", "aarch64"),
        ("m7g.large", "aarch64"),
        ("x2gd.metal", "aarch64"),
        ("a1.large", "aarch64"),
        ("m5.large", "x86_64"),
        ("g99.xlarge", "x86_64"),
        ("u-6tb1.metal", "x86_64"),
    ],
)
def test_the_cpu_follows_from_the_catalog_or_from_the_name(instance_type: str, architecture: str) -> None:
    assert architecture_of(instance_type) == architecture


def test_a_type_outside_the_catalog_has_no_row_and_no_known_vcpus() -> None:
    assert row_of("m5.large") is None
    assert (vcpus_of("m5.large"), vcpus_of("g4dn.xlarge")) == (0, 4)
