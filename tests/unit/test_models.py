"""Values that say how they are written."""

import pytest

from orchestrator.models import endpoint


@pytest.mark.parametrize(
    ("address", "port", "written"),
    [
        ("gpu-1.example", 22, "gpu-1.example:22"),
        ("192.0.2.5", 2222, "192.0.2.5:2222"),
        ("2001:db8::5", 22, "[2001:db8::5]:22"),
        ("2001:db8::5", 0, "2001:db8::5"),
    ],
)
def test_an_address_is_told_from_its_port_in_ipv6_too(address: str, port: int, written: str) -> None:
    assert endpoint(address, port) == written
