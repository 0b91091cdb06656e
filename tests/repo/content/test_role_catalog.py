"""What the role nvidia_driver knows of cards and packages is what the catalog says."""

from orchestrator.catalog import load
from tools.role_catalog import TARGET, document


def test_the_role_has_what_the_catalog_says() -> None:
    assert TARGET.read_text(encoding="utf-8") == document(load()), "run: python tools/role_catalog.py"
