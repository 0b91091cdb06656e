"""Write what the role nvidia_driver has to know of cards and packages into its vars, from the catalog.

    python tools/role_catalog.py           writes the file where it is out of date
    python tools/role_catalog.py --check   writes nothing; exits 1 when it is out of date

Which driver is better and which is new enough are the resolver's decisions: asked here once for every card and distribution and
written down, so that the role alone chooses what `orchestrate resolve` and a plan do.
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.catalog import Catalog, load
from orchestrator.catalog.rows import DriverPackages
from orchestrator.resolve import NVLINK5, driver_order, drivers_needed

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
            (
                *_architectures(catalog),
                "",
                *_names(catalog),
                "",
                *_packages(catalog),
                "",
                *_order(catalog),
                "",
                *_keys_of_dkms(catalog),
            )
        )
        + "\n"
    )


def _architectures(catalog: Catalog) -> Iterable[str]:
    yield "# Cards by PCI device id: the oldest and the newest branch that drives them; the releases of TensorFlow that work on them,"
    yield "# newest first, with the driver that each needs; the number of cards from which on there is NVSwitch between them (0: never)."
    yield "__nvidia_driver_architectures:"
    groups: dict[_Group, list[str]] = {}
    needs: dict[tuple[int, int], tuple[tuple[str, str], ...]] = {}
    for device in catalog.pci_devices:
        card = catalog.gpu_of(device)
        if card.host == "x86_64" and card.compute_capability not in needs:
            needs[card.compute_capability] = tuple(drivers_needed(card, catalog).items())
        group = _Group(
            architecture=device.architecture,
            first_branch=device.first_branch,
            newest_branch=device.newest_branch,
            nvswitch_from=card.nvswitch_from,
            needs=needs.get(card.compute_capability, ()) if card.host == "x86_64" else (),
        )
        groups.setdefault(group, []).append(device.device_id)
    order = list(dict.fromkeys(device.architecture for device in catalog.pci_devices))
    for group, ids in sorted(groups.items(), key=lambda each: each[0].place(order)):
        yield f"  - architecture: {group.architecture}"
        yield f'    first_branch: "{group.first_branch}"'
        yield f'    newest_branch: "{group.newest_branch}"'
        yield f"    needs:{'' if group.needs else ' {}'}"
        yield from (f'      "{minor}": "{least}"' for minor, least in group.needs)
        yield f"    nvswitch_from: {group.nvswitch_from}"
        yield f"    nvlink5: {str(group.architecture == NVLINK5 and group.nvswitch_from > 0).lower()}"
        yield f"    flavours: [{', '.join(_flavours(catalog, group.architecture))}]"
        yield "    ids:"
        for start in range(0, len(ids), IDS_PER_LINE):
            yield from _ids(
                ids[start : start + IDS_PER_LINE], first=start == 0, last=start + IDS_PER_LINE >= len(ids)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """What cards have in common that get the same driver."""

    architecture: str
    first_branch: str
    newest_branch: str
    nvswitch_from: int
    needs: tuple[tuple[str, str], ...]
    """Minor release of TensorFlow, and the driver that it needs."""

    def place(self, architectures: Sequence[str]) -> tuple[object, ...]:
        """Sorts by age."""
        branches = int(self.first_branch), int(self.newest_branch)
        return architectures.index(self.architecture), *branches, self.needs, self.nvswitch_from


def _order(catalog: Catalog) -> Iterable[str]:
    yield "# distribution -> CPU -> branch, modules and source of each driver that there is, the best first"
    yield "__nvidia_driver_order:"
    for row in catalog.distributions:
        yield f"  {row.distribution}:"
        for architecture in ("x86_64", "aarch64"):
            named = [
                f"{each.branch} {each.flavour} {each.origin}"
                for each in driver_order(catalog, row.distribution, architecture)
            ]
            yield f"    {architecture}:{'' if named else ' []'}"
            yield from (f"      - {name}" for name in named)


def _keys_of_dkms(catalog: Catalog) -> Iterable[str]:
    yield "# distribution -> the key with which DKMS signs modules, for Secure Boot"
    yield "__nvidia_driver_mok_keys:"
    yield from (f"  {row.distribution}: {row.mok_key}" for row in catalog.distributions)


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


def _packages(catalog: Catalog) -> Iterable[str]:
    rows = sorted(catalog.driver_packages, key=_place)
    yield "# distribution -> branch -> source -> flavour -> packages"
    yield "__nvidia_driver_branches:"
    yield from _tree((_keys(row), f"{row.flavour}: [{', '.join(row.packages)}]") for row in rows)
    yield ""
    yield "# distribution -> branch -> source -> flavour -> the newest version that is known to be there"
    yield "__nvidia_driver_versions:"
    yield from _tree((_keys(row), f'{row.flavour}: "{row.version}"') for row in rows)
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
