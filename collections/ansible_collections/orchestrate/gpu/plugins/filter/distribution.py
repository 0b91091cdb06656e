"""What the roles know of a host's distribution: a row of `plugin_utils/distributions.csv`. Asks no host."""

import csv
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

DOCUMENTATION = """
name: distribution
short_description: What the roles know of a host's distribution
version_added: 0.1.0
description:
  - Looks the distribution that Ansible's facts name up in the table of those that the roles of this collection know.
positional: _input
options:
  _input:
    description: The host's facts, C(ansible_facts).
    type: dict
    required: true
"""

EXAMPLES = """
- name: Assert that the role knows this distribution
  ansible.builtin.assert:
    that: (ansible_facts | orchestrate.gpu.distribution).id | length > 0
    fail_msg: "{{ (ansible_facts | orchestrate.gpu.distribution).refusal }}"
"""

RETURN = """
_value:
  description:
    - >-
      Keys C(id) (V(ubuntu-24.04)), C(label), C(codename), C(nvidia_repository) (NVIDIA's name for it, V(ubuntu2404)),
      C(time_service) (what sets its clock as it comes), C(tigervnc) and C(novnc) (the versions that it has),
      C(browsers) (V(deb) or V(snap)), and C(refusal).
    - Of one that is not in the table, all but C(refusal) are empty.
  type: dict
"""

_TABLE = Path(__file__).parents[1] / "plugin_utils" / "distributions.csv"
_ABOUT_THE_ROW = ("distribution", "source", "confidence", "note")


def distribution(facts: Mapping[str, object]) -> dict[str, str]:
    """The row of the distribution that `ansible_facts` name; all of it empty but `refusal` where the roles do not know it."""
    system = str(facts.get("distribution", "")).lower()
    release = str(
        facts.get("distribution_version" if system == "ubuntu" else "distribution_major_version", "")
    )
    known = distributions()
    row = known.get(f"{system}-{release}")
    if row:
        return {**row, "refusal": ""}
    seen = f"{facts.get('distribution', 'an unknown system')} {facts.get('distribution_version', '')}".strip()
    labels = [each["label"] for each in known.values()]
    return {
        **dict.fromkeys(next(iter(known.values())), ""),
        "refusal": f"This is {seen}; the roles know {', '.join(labels[:-1])} and {labels[-1]}."
        " Take this host out of the inventory, or install one of these.",
    }


@cache
def distributions() -> dict[str, dict[str, str]]:
    """What the filter answers for each distribution of the table, by its id."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["distribution"]: {
            "id": row["distribution"],
            "nvidia_repository": re.sub(r"[-.]", "", row["distribution"]),
            **{name: value for name, value in row.items() if name not in _ABOUT_THE_ROW},
        }
        for row in rows
    }


class FilterModule:
    """What Ansible looks for in this file."""

    def filters(self) -> dict[str, Callable[[Mapping[str, object]], dict[str, str]]]:
        """The filter, by its name."""
        return {"distribution": distribution}
