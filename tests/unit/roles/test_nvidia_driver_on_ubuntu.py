"""Ubuntu's driver: signed modules for a kernel's flavour first, DKMS where there are none, and branches that end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver import (
    hardware,
    packages,
    preferences,
    state,
    words,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.kernel import modules
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.kernel.flavours import flavours_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import apt, record
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import Package
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError

from tests.unit.roles.driver_hosts import host, wish

PATTERN = r"^(nvidia-(?!container)|libnvidia-(?!container)|linux-(modules|objects|signatures)-nvidia|nvlink5)"
OWN = "580.178.04-0ubuntu0.24.04.1"
MODULES, DKMS = "linux-modules-nvidia-580-server-open", "nvidia-dkms-580-server-open"
MAIN = "nvidia-headless-no-dkms-580-server-open"
AWS, GENERIC = f"{MODULES}-aws", f"{MODULES}-generic"
KERNEL = "6.14.0-1018-aws"


def ubuntus(**changes: object) -> Any:
    """A wish for Ubuntu's branch 580 on a kernel for AWS, with changes."""
    given: dict[str, object] = {
        "branch": "580",
        "packages": [MAIN, "nvidia-utils-580-server"],
        "desktop": [],
        "pattern": PATTERN,
        "prebuilt": [AWS],
        "dkms": [DKMS],
        "newest_branch": "615",
    }
    return wish(**(given | changes))


def settled(**changes: object) -> Any:
    """The same with the packages of its modules."""
    return modules.with_modules(ubuntus(**changes), (), [AWS, GENERIC, DKMS])


def on_aws(*names: str, **changes: Any) -> Any:
    """A host with a kernel for AWS, and these packages of the driver's version."""
    given = {"kernel": KERNEL, "kernels": (KERNEL,), "built": {KERNEL: "580.178.04"}, "loaded": "580.178.04"}
    return host(*names, "linux-image-aws", version=OWN, **(given | changes))


@pytest.fixture(autouse=True)
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of a system that is not this computer's, with nothing in them."""
    monkeypatch.setattr(hardware, "LOADED", tmp_path / "loaded")
    monkeypatch.setattr(record, "RECORD", tmp_path / "record")
    monkeypatch.setattr(packages, "FORMER_RECORD", tmp_path / "former")
    monkeypatch.setattr(preferences, "PREFERENCES", tmp_path / "preferences.d")
    monkeypatch.setattr(state, "UNIT_FOLDERS", (tmp_path,))
    return tmp_path


@pytest.mark.parametrize(
    ("running", "there", "expected"),
    [
        ("6.14.0-1018-aws", (), ["aws"]),
        ("6.8.0-88-generic", ("linux-image-generic",), ["generic"]),
        ("6.14.0-36-generic", ("linux-image-generic-hwe-24.04",), ["generic-hwe-24.04"]),
        ("6.8.0-88-generic", ("linux-image-virtual",), ["virtual"]),
        ("6.14.0-1018-aws", ("linux-image-generic", "linux-image-aws"), ["aws", "generic"]),
        ("6.8.0-1044-aws", ("linux-image-generic", "linux-image-aws-lts-24.04"), ["aws-lts-24.04", "generic"]),
        ("6.8.0-88-generic", ("linux-image-unsigned-6.8.0-88-generic",), ["generic"]),
        ("6.18.44-mine", (), []),
    ],
)  # fmt: skip
def test_the_flavour_of_the_kernel_that_runs_comes_first(
    running: str, there: Sequence[str], expected: list[str]
) -> None:
    assert flavours_of(there, running) == expected


def test_modules_that_are_signed_go_before_those_that_are_compiled() -> None:
    assert settled().packages == [MAIN, "nvidia-utils-580-server", AWS]
    both = settled(prebuilt=[GENERIC, AWS])
    assert both.packages[2:] == both.prebuilt == [GENERIC, AWS]


def test_a_kernel_without_prebuilt_modules_has_them_compiled() -> None:
    oracle = settled(prebuilt=[f"{MODULES}-oracle", AWS])
    assert (oracle.packages[2:], oracle.prebuilt) == ([DKMS], [])
    no_metapackage = settled(prebuilt=[])
    assert no_metapackage.packages[2:] == [DKMS]


def test_lists_that_were_never_fetched_do_not_rule_out_prebuilt_modules() -> None:
    assert modules.with_modules(ubuntus(), (), ()).prebuilt == [AWS]


def test_no_key_is_to_be_enrolled_where_the_modules_are_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "offered", lambda names: {name: [OWN] for name in names if name != AWS})
    with pytest.raises(HostError, match=rf"Secure Boot is on, and apt has no {AWS}\n  try: boot a kernel of"):
        modules.settled(on_aws(), ubuntus(signed_only=True), write=False)
    there = on_aws(MAIN, AWS, "nvidia-utils-580-server", loaded="")
    found = modules.settled(there, ubuntus(signed_only=True), write=False)
    restart, said = words.in_words(there, modules.with_modules(ubuntus(secure_boot=True), [AWS], ()))
    assert (found.prebuilt, restart) == ([AWS], True)
    assert "MOK" not in said


def test_prebuilt_modules_need_no_headers_and_hold_their_kernel() -> None:
    bare = host("dpkg", kernel=KERNEL, kernels=(KERNEL,), built={}, loaded="")
    assert packages.lacking(bare, settled()) == [*settled().packages, "linux-image-aws"]
    there = on_aws(MAIN, AWS, "nvidia-utils-580-server", held=False)
    answer = Answer()
    state.hold_packages(there, settled(), answer, write=False)
    assert answer.done == ["held 4 packages"]


def test_a_kernel_that_is_held_for_modules_is_released_with_them() -> None:
    packages.record_held(["linux-image-aws"])
    compiled = wish(branch="595", packages=["nvidia-dkms-open"], pattern=PATTERN)
    answer = Answer()
    state.hold_packages(on_aws("nvidia-dkms-open"), compiled, answer, write=False)
    assert answer.done == ["released linux-image-aws"]
    packages.write_record(["nvidia-dkms-open"], [])
    assert packages.held_kernels() == ("linux-image-aws",)


def test_a_kernel_that_went_ahead_of_its_modules_gets_newer_ones() -> None:
    ahead = on_aws(MAIN, AWS, "nvidia-utils-580-server", kernels=(KERNEL, "6.14.0-1019-aws"))
    assert packages.lacking(ahead, settled()) == [MAIN, "nvidia-utils-580-server", AWS]
    with pytest.raises(
        HostError, match=r"have no module for 6.14.0-1019-aws, which boots next\n  try: let a kernel"
    ):
        state.build_modules(ahead, settled(), Answer(), write=True)


def test_a_change_of_branch_names_the_held_packages_that_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def simulate(*given: str, **_kept: object) -> Any:
        asked.append(given)
        return apt.Simulation({})

    monkeypatch.setattr(apt, "simulate", simulate)
    by_kernel = (f"{MODULES}-{KERNEL}", "linux-signatures-nvidia-5.15.0-161-generic")
    there = on_aws(MAIN, AWS, "libnvidia-compute-580-server", *by_kernel, "nvlink5-580")
    nvidias = wish(branch="595", packages=["nvidia-dkms-open", "nvidia-driver-pinning-595"], pattern=PATTERN)
    packages.simulate(there, nvidias, nvidias.packages, Path("/preferences"))
    removed = [MAIN, AWS, "libnvidia-compute-580-server", *by_kernel, "nvlink5-580"]
    assert asked == [("--auto-remove", "install", *nvidias.packages, *(f"{name}-" for name in removed))]


def test_a_change_of_branch_is_one_transaction_without_the_pin_of_the_other_branch(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (system / "preferences.d").mkdir()
    (system / "preferences.d" / "pinning-595").write_text("Pin: version 595.*")
    (system / "preferences.d" / "mine").write_text("Pin: release *")
    pinned = "nvidia-driver-pinning-595"
    there = host(pinned, "nvidia-dkms-open", "linux-image-aws", version="595.91.07-1ubuntu1", kernel=KERNEL)
    coming = apt.Simulation({MAIN: OWN}, (pinned, "nvidia-dkms-open"))
    monkeypatch.setattr(
        preferences, "succeed", lambda *_given: f"{system}/preferences.d/pinning-595\n/usr/share\n"
    )
    monkeypatch.setattr(packages, "succeeds", lambda *_given: False)
    monkeypatch.setattr(apt, "simulate", lambda *_given, **_kept: coming)
    ran: list[tuple[tuple[str, ...], dict[str, str]]] = []

    def apt_get(*given: str, options: Sequence[str], hint: str) -> str:
        folder = Path(options[-1].partition("=")[2])
        ran.append((given, {path.name: path.read_text() for path in folder.iterdir()}))
        return hint

    monkeypatch.setattr(apt, "apt_get", apt_get)
    packages.change_packages(there, settled(), [MAIN, AWS])
    assert ran == [
        (
            ("--purge", "install", MAIN, AWS, f"{pinned}-", "nvidia-dkms-open-"),
            {"pinning-595": "", "mine": "Pin: release *"},
        )
    ]


def test_a_branch_that_has_ended_is_followed_where_every_card_works_with_the_next() -> None:
    ended = ubuntus(
        branch="570", packages=[MAIN.replace("580", "570")], fabric_manager=["nvidia-fabricmanager-570"]
    )
    leads = {ended.packages[0]: [OWN]}
    found = modules.following(ended, leads)
    assert (found.branch, found.ended, found.packages) == ("580", "570", [MAIN])
    assert (found.prebuilt, found.fabric_manager) == ([AWS], ["nvidia-fabricmanager-580"])
    restart, said = words.in_words(on_aws(MAIN), found)
    assert (restart, said) == (False, "The distribution's packages of branch 570 lead to 580.")
    for volta in (
        ubuntus(branch="570", packages=ended.packages, newest_branch=newest) for newest in ("575", "")
    ):
        assert modules.following(volta, leads) == volta


def test_a_branch_that_is_still_there_beside_others_is_kept() -> None:
    kept = ubuntus()
    assert modules.following(kept, {MAIN: ["595.91.07-0ubuntu1", OWN]}) == kept
    assert modules.following(kept, {}) == kept


def test_packages_that_lead_to_the_wished_branch_are_left_alone() -> None:
    led = on_aws(MAIN, AWS, "nvidia-utils-580-server", "nvidia-driver-570-server-open")
    assert packages.lacking(led, settled()) == []
    assert packages.of_another_branch(led, settled()) == []


def test_removal_releases_the_kernel_that_the_role_held(monkeypatch: pytest.MonkeyPatch) -> None:
    packages.record_held(["linux-image-aws"])
    there = on_aws("nvidia-utils-580-server")
    monkeypatch.setattr(state, "look", lambda _wish: there)
    gone = wish(state="absent", branch="", packages=[], desktop=[], pattern=PATTERN)
    answer = state.bring_about(gone, write=False)
    assert answer.done == ["released nvidia-utils-580-server", "released linux-image-aws"]
    assert there.packages["linux-image-aws"] == Package(OWN, held=True)
