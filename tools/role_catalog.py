"""Write what the role nvidia_driver has to know of cards and packages into its vars, from the catalog.

    python tools/role_catalog.py           writes the file where it is out of date
    python tools/role_catalog.py --check   writes nothing; exits 1 when it is out of date

Decides nothing: which branch a host gets is the resolver's answer, or the role's where nobody asked the resolver.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from orchestrator.catalog import Catalog, load
from orchestrator.catalog.rows import DriverPackages

TARGET = Path(__file__).resolve().parents[1] / "roles" / "nvidia_driver" / "vars" / "catalog.yml"
HEADER = """\
# Written by tools/role_catalog.py from orchestrator/catalog: change it there.
---
"""
IDS_PER_LINE = 14


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
    return (
        HEADER
        + "\n".join(
            (*_architectures(catalog), "", *_names(catalog), "", *_branches(catalog), "", *_packages(catalog))
        )
        + "\n"
    )


def _architectures(catalog: Catalog) -> Iterable[str]:
    yield "# Cards by PCI device id, with the oldest and the newest branch that drives them."
    yield "__nvidia_driver_architectures:"
    groups: dict[tuple[str, str, str], list[str]] = {}
    for device in catalog.pci_devices:
        group = (device.architecture, device.first_branch, device.newest_branch)
        groups.setdefault(group, []).append(device.device_id)
    order = list(dict.fromkeys(device.architecture for device in catalog.pci_devices))
    for (architecture, first, newest), ids in sorted(
        groups.items(), key=lambda group: (order.index(group[0][0]), *map(int, group[0][1:]))
    ):
        yield f"  - architecture: {architecture}"
        yield f'    first_branch: "{first}"'
        yield f'    newest_branch: "{newest}"'
        yield f"    flavours: [{', '.join(_flavours(catalog, architecture))}]"
        yield "    ids:"
        for start in range(0, len(ids), IDS_PER_LINE):
            yield from _ids(
                ids[start : start + IDS_PER_LINE], first=start == 0, last=start + IDS_PER_LINE >= len(ids)
            )


def _ids(ids: Sequence[str], *, first: bool, last: bool) -> Iterable[str]:
    quoted = ", ".join(f'"{each}"' for each in ids)
    yield f"      {'[' if first else ' '}{quoted}{']' if last else ','}"


def _flavours(catalog: Catalog, architecture: str) -> list[str]:
    """The flavours in which any branch drives the architecture."""
    return [
        flavour
        for flavour in ("open", "proprietary")
        if any(architecture in getattr(branch, flavour) for branch in catalog.driver_branches)
    ]


def _names(catalog: Catalog) -> Iterable[str]:
    yield "# What the cards are called."
    yield "__nvidia_driver_names:"
    for device in catalog.pci_devices:
        yield f'  "{device.device_id}": {device.name}'


def _branches(catalog: Catalog) -> Iterable[str]:
    yield "# How long a branch lives, and what its kernel modules drive."
    yield "__nvidia_driver_lives:"
    for branch in catalog.driver_branches:
        yield f'  "{branch.branch}":'
        yield f"    life: {branch.life}"
        yield f"    open: [{', '.join(branch.open)}]"
        yield f"    proprietary: [{', '.join(branch.proprietary)}]"


def _packages(catalog: Catalog) -> Iterable[str]:
    rows = sorted(catalog.driver_packages, key=_place)
    yield "# distribution -> branch -> source -> flavour -> packages"
    yield "__nvidia_driver_branches:"
    yield from _tree((_keys(row), f"{row.flavour}: [{', '.join(row.packages)}]") for row in rows)
    yield ""
    yield "# distribution -> branch -> source -> what NVSwitch needs on top, and what Blackwell's needs on top of that"
    yield "__nvidia_driver_fabric_managers:"
    with_fabric = {_keys(row): row for row in rows if row.fabric_manager}
    yield from _tree(
        (keys, f"{part}: [{', '.join(packages)}]")
        for keys, row in with_fabric.items()
        for part, packages in (("nvswitch", row.fabric_manager), ("nvlink5", row.nvlink5))
    )


def _tree(leaves: Iterable[tuple[tuple[str, ...], str]]) -> Iterable[str]:
    """Nested mappings: each leaf below its keys, a key written where it differs from the leaf before."""
    above: tuple[str, ...] = ()
    for keys, leaf in leaves:
        for depth, key in enumerate(keys, start=1):
            if above[:depth] != keys[:depth]:
                yield f"{'  ' * depth}{key}:"
        above = keys
        yield f"{'  ' * (len(keys) + 1)}{leaf}"


def _keys(row: DriverPackages) -> tuple[str, str, str]:
    return row.distribution, f'"{row.branch}"', row.origin.value


def _place(row: DriverPackages) -> tuple[str, int, str, str]:
    return row.distribution, int(row.branch), row.origin.value, row.flavour


if __name__ == "__main__":
    raise SystemExit(main())
