"""Write what the role nvidia_driver has to know of cards and packages into its vars, from the catalog.

    python tools/role_catalog.py           writes the file where it is out of date
    python tools/role_catalog.py --check   writes nothing; exits 1 when it is out of date

Which driver is better and which is new enough are the resolver's decisions: asked here once for every card and distribution and
written down, so that the role alone chooses what `orchestrate resolve` and a plan do.
"""

import argparse
import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from orchestrator.catalog import Catalog, load
from orchestrator.resolve import NVLINK5, driver_order, drivers_needed

TARGET = Path(__file__).resolve().parents[1] / "roles" / "nvidia_driver" / "vars" / "catalog.yml"
TEXT = """\
# Written by tools/role_catalog.py from orchestrator/catalog: change it there. What is empty is left out.
---
# Cards by PCI device id: the oldest and the newest branch that drives them; the releases of TensorFlow that work on
# them, newest first, with the driver that each needs; the number of cards from which on there is NVSwitch between them.
__nvidia_driver_architectures:
{architectures}

# distribution -> the drivers that there are, the best first: the newest version that is known to be there, the CPUs
# that it is there for, its packages, what NVSwitch needs on top, what Blackwell's needs on top of that, and the kernel
# flavours for which the distribution has signed modules
__nvidia_driver_drivers:
{drivers}

# distribution -> the key with which DKMS signs modules, for Secure Boot
__nvidia_driver_mok_keys:
{mok_keys}
"""
WIDTH = 120
WORDS = re.compile(r'"([A-Za-z][\w ./()+-]+)"')
"""What YAML takes for text without its quotes."""
NO_BREAK = "\N{NO-BREAK SPACE}"
Row = Mapping[str, object]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description="Keep the catalog of the role nvidia_driver up to date.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when it is out of date")
    parser.add_argument("--target", type=Path, default=TARGET, help="the file")
    options = parser.parse_args(arguments)
    wanted = document(load())
    if options.target.is_file() and options.target.read_text(encoding="utf-8") == wanted:
        return 0
    if options.check:
        print(f"{options.target}: out of date\n  try: python tools/role_catalog.py")
        return 1
    options.target.parent.mkdir(parents=True, exist_ok=True)
    options.target.write_text(wanted, encoding="utf-8")
    print(f"{options.target}: written")
    return 0


def document(catalog: Catalog) -> str:
    """The text of the vars file."""
    return TEXT.format(
        architectures="\n".join(_architectures(catalog)),
        drivers="\n".join(_drivers(catalog)),
        mok_keys="\n".join(f"  {row.distribution}: {row.mok_key}" for row in catalog.distributions),
    )


def _architectures(catalog: Catalog) -> Iterator[str]:
    """Cards that get the same driver, in one row; sorted by age."""
    needs: dict[object, Mapping[str, str]] = {}
    groups: dict[str, tuple[tuple[int, ...], dict[str, str]]] = {}
    ages = list(dict.fromkeys(device.architecture for device in catalog.pci_devices))
    for device in catalog.pci_devices:
        card = catalog.gpu_of(device)
        kind = card.host, card.compute_capability
        if kind not in needs:
            needs[kind] = drivers_needed(card, catalog)
        row = {
            "architecture": device.architecture,
            "first_branch": device.first_branch,
            "newest_branch": device.newest_branch,
            "flavours": _flavours(catalog, device.architecture),
            "nvswitch_from": card.nvswitch_from,
            "nvlink5": device.architecture == NVLINK5 and card.nvswitch_from > 0,
        }
        text = _flow("  - {", row) + ",\n"
        if needs[kind]:
            text += _flow("     needs: {", _quoted(needs[kind])) + "},\n"
        age = ages.index(device.architecture), int(device.first_branch), int(device.newest_branch)
        groups.setdefault(text, (age, {}))[1][device.device_id] = device.name
    for text, (_age, ids) in sorted(groups.items(), key=lambda group: group[1][0]):
        yield text + _flow("     ids: {", _quoted(ids)) + "}}"


def _flavours(catalog: Catalog, architecture: str) -> list[str]:
    """The flavours in which any branch drives the architecture."""
    return [
        flavour
        for flavour in ("open", "proprietary")
        if any(architecture in getattr(branch, flavour) for branch in catalog.driver_branches)
    ]


def _drivers(catalog: Catalog) -> Iterator[str]:
    for distribution in dict.fromkeys(row.distribution for row in catalog.driver_packages):
        yield f"  {distribution}:"
        for driver in driver_order(catalog, distribution):
            row = {
                "branch": driver.branch,
                "flavour": driver.flavour,
                "source": driver.origin,
                "version": driver.version,
                "cpus": driver.hosts,
                "packages": driver.packages,
                "fabric_manager": driver.fabric_manager,
                "nvlink5": driver.nvlink5,
                "prebuilt": driver.prebuilt,
            }
            yield _flow("    - {", row) + "}"


def _quoted(row: Mapping[str, str]) -> Row:
    """With keys that stay text whatever they look like: `1e04`."""
    return {json.dumps(name): value for name, value in row.items()}


def _flow(first: str, row: Row) -> str:
    """A mapping in YAML's flow style without its end; lines break between values alone."""
    values = (WORDS.sub(r"\1", f"{name}: {json.dumps(value)}") for name, value in row.items() if value)
    return textwrap.fill(
        ", ".join(value.replace(" ", NO_BREAK) for value in values),
        width=WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    ).replace(NO_BREAK, " ")


if __name__ == "__main__":
    raise SystemExit(main())
