"""The rows that docs/catalog.md shows can be added as it says, and the resolver takes them."""

import re
import shutil
from pathlib import Path

import pytest

from orchestrator.catalog import Catalog
from orchestrator.catalog.catalog import DATA, load_from
from orchestrator.models import Builder, Hardware, Stack, Wishes
from orchestrator.resolve import resolve

PAGE = Path(__file__).resolve().parents[3] / "docs" / "catalog.md"
SHOWN = re.compile(r"^```csv (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def enlarged(tmp_path: Path) -> Catalog:
    """The catalog with all rows that the page shows."""
    shutil.copytree(DATA, tmp_path, dirs_exist_ok=True)
    for name, rows in SHOWN.findall(PAGE.read_text(encoding="utf-8")):
        with (tmp_path / name).open("a", encoding="utf-8") as table:
            table.write(rows)
    return load_from(tmp_path)


def test_the_page_shows_a_row_of_each_kind_that_it_says_how_to_add() -> None:
    names = [name for name, _ in SHOWN.findall(PAGE.read_text(encoding="utf-8"))]
    assert names == [
        "gpus.csv",
        "driver_branches.csv",
        "driver_packages.csv",
        "distributions.csv",
        "tensorflow.csv",
        "torch.csv",
    ]


def test_the_page_names_every_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [path.name for path in sorted(DATA.iterdir()) if f"| `{path.name}` |" not in text] == []


def test_what_was_added_is_what_the_resolver_takes(enlarged: Catalog) -> None:
    newest = answer(enlarged, "Tesla T4", Wishes(driver="625"))
    assert (newest.release, newest.driver and newest.driver.branch) == ("2.22.0", "625")
    added = answer(enlarged, "P2200", Wishes(gpu_memory_mib=5000))
    assert (added.release, added.constraints) == ("2.22.0", ("nvidia-cudnn-cu12>=9.3,<9.11",))
    assert enlarged.distribution("Debian GNU/Linux 14 (forky)").python == "3.14"


def answer(catalog: Catalog, gpu: str, wishes: Wishes) -> Stack:
    hardware = Hardware(gpus=(gpu,), distribution="ubuntu-24.04", architecture="x86_64")
    stack = resolve(hardware, wishes, Builder.CONDA, catalog)
    assert isinstance(stack, Stack)
    return stack
