"""Imports go strictly down, each foreign API has one adapter, and what runs on a host knows nothing of the orchestrator."""

import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.repo.code.layers import ADAPTERS, OF_BOTO3, OF_JUPYTER, PACKAGES, WITHOUT_LAYER, package_of
from tests.repo.code.modules import Module, belongs, imports, modules, parse
from tests.repo.tree import Violation, assert_kept


def test_every_module_has_a_layer_and_imports_only_from_lower_ones() -> None:
    assert_kept(found for module in modules("orchestrator") for found in climbs(module))


def test_every_package_of_the_table_exists() -> None:
    names = {module.name for module in modules("orchestrator")}
    assert {package for package in PACKAGES if package not in names} == set(), (
        "packages without a module: take them out of LAYERS"
    )


def test_each_foreign_api_has_one_adapter() -> None:
    assert_kept(found for module in modules("orchestrator", "tools") for found in foreign_imports(module))


def test_what_runs_on_a_host_never_imports_the_orchestrator() -> None:
    assert_kept(
        found for module in modules("workloads", "gpuhost") for found in crossings(module, "orchestrator")
    )


@pytest.mark.parametrize("package", ["workloads", "gpuhost"])
def test_the_orchestrator_ships_what_runs_on_a_host_and_never_imports_it(package: str) -> None:
    assert_kept(found for module in modules("orchestrator") for found in crossings(module, package))


def test_what_hosts_run_with_their_own_python_needs_nothing_but_that() -> None:
    foreign = {
        each.target
        for module in modules("gpuhost")
        if module.name not in OF_JUPYTER | OF_BOTO3
        for each in imports(module)
        if each.target.partition(".")[0] not in {"gpuhost", *sys.stdlib_module_names}
    }
    assert foreign == set()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("orchestrator/models.py", "from orchestrator.config import load_fleet"),
        ("orchestrator/journal/journal.py", "from orchestrator import remote"),
        ("orchestrator/stages/plan.py", "def plan():\n    import orchestrator.stages.launch"),
        ("orchestrator/pipeline.py", "import orchestrator.cli.main"),
        ("orchestrator/brand_new.py", ""),
        ("orchestrator/providers/brand_new.py", ""),
        ("orchestrator/stages/__init__.py", "from orchestrator.models import Host"),
    ],
)
def test_a_climbing_import_or_a_module_without_layer_is_seen(path: str, text: str) -> None:
    assert len(list(climbs(parse(PurePosixPath(path), text)))) == 1


def test_an_import_down_or_within_the_package_is_fine() -> None:
    text = "from orchestrator.models import Host\nfrom orchestrator.providers.sandbox.image import Image"
    assert list(climbs(parse(PurePosixPath("orchestrator/providers/sandbox/engine.py"), text))) == []


def test_a_second_door_is_seen() -> None:
    module = parse(PurePosixPath("orchestrator/stages/launch.py"), "def go():\n    import fabric")
    assert [found.line for found in foreign_imports(module)] == [2]


def climbs(module: Module) -> Iterator[Violation]:
    """Imports of the module that do not go down."""
    package = package_of(module.name)
    if not has_layer(module.name):
        yield Violation(
            path=module.path,
            line=1,
            rule=f"{module.name} has no layer",
            remedy="add it to LAYERS in tests/repo/code/layers.py, in the lowest layer that its imports allow",
        )
        return
    for each in imports(module):
        target = package_of(each.target)
        if (
            target is None
            or target == package
            or (package is not None and PACKAGES[target] < PACKAGES[package])
        ):
            continue
        yield Violation(
            path=module.path,
            line=each.line,
            rule=f"{module.name} imports {each.target}, which is not in a lower layer",
            remedy="pass the value in from above, or move what is shared down to a layer below both",
        )


def foreign_imports(module: Module) -> Iterator[Violation]:
    """Imports of a foreign API outside its adapter."""
    for each in imports(module):
        adapters = ADAPTERS.get(each.target.partition(".")[0])
        if adapters is None or any(belongs(module.name, adapter) for adapter in adapters):
            continue
        yield Violation(
            path=module.path,
            line=each.line,
            rule=f"{each.target} is imported outside its adapter",
            remedy=f"call it through {' or '.join(adapters)}",
        )


def crossings(module: Module, other: str) -> Iterator[Violation]:
    """Imports of the other package."""
    for each in imports(module):
        if belongs(each.target, other):
            yield Violation(
                path=module.path,
                line=each.line,
                rule=f"{module.name} imports {each.target}; the two run on different computers",
                remedy="pass it as a file, an argument or a JSON line",
            )


def has_layer(name: str) -> bool:
    """False for a stranger, and for one among neighbours that are listed one by one."""
    package = package_of(name)
    if package is None:
        return name in WITHOUT_LAYER
    return package == name or not any(belongs(other, package) for other in PACKAGES if other != package)
