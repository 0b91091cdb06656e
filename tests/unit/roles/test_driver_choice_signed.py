"""Which driver the role chooses where Secure Boot lets the kernel load signed modules alone."""

from dataclasses import replace

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.choice import choice as decision
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

from tests.unit.roles.test_driver_choice import CATALOG, chosen, driver, seen, wish


@pytest.mark.parametrize("flavour", ["aws", "generic"])
def test_secure_boot_asks_for_no_key_where_the_modules_are_signed_for_the_kernel(flavour: str) -> None:
    signed = driver("550 open distro", version="550.163.01", prebuilt=["generic", "aws"])
    host = replace(seen("1eb8", secure_boot=True), kernel_flavours=(flavour,))
    assert chosen(host, drivers=[*CATALOG["drivers"], signed]) == "550 open distro"
    found = decision.choose(host, wish(drivers=[signed]))
    assert found
    assert found.newest_branch == "615"
    assert decision.in_words(host, found) == (
        f"Tesla T4: driver 550 with open kernel modules, from the distribution and built there for kernel {flavour}."
    )


def test_secure_boot_refuses_a_kernel_without_signed_modules_and_names_those_that_have_some() -> None:
    signed = driver("550 open distro", version="550.163.01", prebuilt=["generic", "aws"])
    host = replace(seen("1eb8", secure_boot=True), kernel_flavours=("oracle", "aws"))
    said = "signed modules are known for kernels aws, generic alone; this one is oracle\n  try: set nvidia_driver_secure"
    with pytest.raises(HostError, match=said):
        chosen(host, drivers=[signed])
    assert chosen(host, drivers=[signed], secure_boot="sign") == "550 open distro"
