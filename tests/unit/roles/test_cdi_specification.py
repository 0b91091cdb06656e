"""The specification of a host's cards that engines read: when it is of other cards or another driver than those that are there."""

from collections.abc import Sequence

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.container_toolkit import specification

SPECIFICATION = """\
devices:
- name: "0"
  containerEdits: {deviceNodes: [{path: /dev/nvidia0}]}
containerEdits:
  mounts: [{containerPath: /usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05}]
"""


@pytest.mark.parametrize(
    ("text", "nodes", "driver", "fault"),
    [
        ("", ["nvidia0"], "", "there is no CDI specification"),
        (SPECIFICATION, ["nvidia0"], "580.95.05", ""),
        (SPECIFICATION, ["nvidia0"], "", ""),
        (SPECIFICATION, ["nvidia0", "nvidia1"], "580.95.05", "the CDI specification lacks nvidia1"),
        (
            SPECIFICATION.replace("nvidia0", "nvidia01"),
            ["nvidia0"],
            "",
            "the CDI specification lacks nvidia0",
        ),
        (
            SPECIFICATION,
            ["nvidia0"],
            "590.44.01",
            "the CDI specification is of driver 580.95.05, and 590.44.01 is loaded",
        ),
    ],
)
def test_a_specification_is_of_the_cards_and_the_driver_that_are_there(
    text: str, nodes: Sequence[str], driver: str, fault: str
) -> None:
    assert specification.fault_of(text, nodes, driver) == fault
