"""How an image is made of packages by a user who is not root: what mmdebstrap needs for that."""

from dataclasses import replace

import pytest

from orchestrator.doctor import Condition, Remedy
from orchestrator.doctor.checks import run_checks
from orchestrator.doctor.values import Facts
from tests.unit.doctor.test_checks import ADA, SOUND


@pytest.mark.parametrize(
    ("facts", "name", "hint", "remedy"),
    [
        (
            replace(SOUND, user=replace(ADA, subordinate_ids=0)),
            "base_image",
            "usermod --add-subuids",
            None,
        ),
        (
            replace(SOUND, user=replace(ADA, unprofiled=frozenset({"mmdebstrap"})), root_prefix=("sudo",)),
            "base_image",
            "sudo sysctl --write kernel.apparmor_restrict_unprivileged_userns=0",
            None,
        ),
        (
            replace(SOUND, user=ADA, programs=SOUND.programs - {"newuidmap"}),
            "base_image",
            "apt-get install --yes --no-install-recommends uidmap",
            Remedy(packages=("uidmap",)),
        ),
        (
            replace(
                SOUND, user=replace(ADA, namespaces="user.max_user_namespaces=28633"), root_prefix=("sudo",)
            ),
            "base_image",
            "sudo sysctl --write user.max_user_namespaces=28633",
            None,
        ),
    ],
)
def test_what_keeps_mmdebstrap_from_making_files_as_other_users_is_named(
    facts: Facts, name: str, hint: str, remedy: Remedy | None
) -> None:
    (finding,) = [each for each in run_checks(facts) if each.condition is not Condition.OK]
    assert (finding.name, finding.remedy) == (name, remedy)
    assert hint in finding.hint


def test_an_ordinary_user_who_has_all_of_it_makes_an_image() -> None:
    assert [each for each in run_checks(replace(SOUND, user=ADA)) if each.condition is not Condition.OK] == []
