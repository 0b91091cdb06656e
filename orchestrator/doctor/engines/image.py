"""Whether a host's image can be made here. Pure."""

from orchestrator.doctor.findings import bad, good, lacking, profile_hint, typed
from orchestrator.doctor.packages import Need, packages
from orchestrator.doctor.values import EngineStatus, Facts, Finding
from orchestrator.providers.sandbox.support import ADD_USER_IDS, USER_IDS_NEEDED

_NAME = "base_image"


def judge_image(facts: Facts, status: EngineStatus) -> Finding:
    """Where the image will come from."""
    if status.image_at_hand:
        return good(_NAME, "made already")
    if status.registry:
        return good(_NAME, "from a registry")
    if "mmdebstrap" in facts.programs:
        return _from_packages(facts)
    can_install = bool(packages(facts.release, Need.BOOTSTRAP))
    if status.registry is None and (facts.release.family != "debian" or not can_install):
        return good(_NAME, "from a registry, which is asked once an engine answers")
    seen = "no mmdebstrap, and no registry answered" if status.registry is False else "no mmdebstrap"
    return lacking(facts, _NAME, seen, Need.BOOTSTRAP)


def _from_packages(facts: Facts) -> Finding:
    """mmdebstrap makes the files as root, or as the root of a user namespace."""
    if facts.user.root:
        return good(_NAME, "from a registry or, with mmdebstrap, from Debian's packages")
    if "newuidmap" not in facts.programs:
        return lacking(facts, _NAME, "mmdebstrap, but no newuidmap", Need.USER_IDS)
    if facts.user.subordinate_ids < USER_IDS_NEEDED:
        return bad(
            _NAME, "mmdebstrap, but this user has no users of its own to make the files as", ADD_USER_IDS
        )
    if "mmdebstrap" in facts.user.unprofiled:
        return bad(_NAME, "mmdebstrap, which AppArmor lets make no namespaces", profile_hint(facts))
    if facts.user.namespaces:
        seen = "mmdebstrap, but users may not make namespaces here"
        return bad(_NAME, seen, typed(facts, ("sysctl", "--write", facts.user.namespaces)))
    return good(_NAME, "from a registry or, with mmdebstrap, from Debian's packages")
