"""Addresses that hosts of a cluster keep."""

from dataclasses import replace

from orchestrator.providers.sandbox import container_spec
from orchestrator.providers.sandbox.fleet.addresses import addresses_for
from orchestrator.providers.sandbox.inspect_output import Container, Labelled

NETWORK = Labelled(id="n", name="lab", labels={container_spec.SUBNET: "192.168.64.0/20"}, created="")


def container(address: str) -> Container:
    labels = {container_spec.ADDRESS: address} if address else {}
    return Container(id="c", name="c", labels=labels, created="", status="exited", networks=(), ssh_port=0)


def test_the_lowest_that_nobody_has_are_given_out_and_never_the_engines_own() -> None:
    there = (container("192.168.64.2"), container("192.168.64.4"), container(""))
    assert addresses_for(("lab-4", "lab-5"), NETWORK, there) == {
        "lab-4": "192.168.64.3",
        "lab-5": "192.168.64.5",
    }


def test_hosts_of_a_network_without_a_range_keep_none() -> None:
    assert addresses_for(("lab-1",), replace(NETWORK, labels={}), ()) == {}
    assert addresses_for(("lab-1",), None, ()) == {}
