"""The endpoint of a command: a real AWS account or the rehearsal, where that was not typed. Asks nobody and starts nothing."""

from contextlib import suppress
from typing import TYPE_CHECKING

from orchestrator.errors import OrchestrateError, UsageError
from orchestrator.journal import Journal, fleet_names, state_dir

if TYPE_CHECKING:
    from orchestrator.config import FleetSpec
    from orchestrator.models import Plan


def with_recorded_endpoint(spec: "FleetSpec", journal: Journal) -> "FleetSpec":
    """The specification of a fleet that may be up: where it was made decides, whatever file and flags say by now.

    A fleet that was rehearsed and taken away stays a rehearsal until `up` makes a real one.

    Raises:
        UsageError: nobody knows the fleet, a rehearsal is under way, and it was not said which of the two is meant.
    """
    from orchestrator.models import Adoption, Plan

    planned = journal.load("plan", Plan)
    if planned is not None:
        regions = tuple(dict.fromkeys((*planned.regions, *spec.aws.regions)))
        aws = spec.aws.model_copy(update={"regions": regions, "rehearse": planned.rehearsed})
        return spec.model_copy(update={"cloud": planned.cloud, "aws": aws})
    adopted = journal.load("adoption", Adoption)
    if adopted is not None:
        regions = tuple(dict.fromkeys((*adopted.regions, *spec.aws.regions)))
        aws = spec.aws.model_copy(update={"regions": regions, "rehearse": adopted.rehearsed})
        return spec.model_copy(update={"cloud": adopted.cloud, "aws": aws})
    if spec.cloud != "aws" or "rehearse" in spec.aws.model_fields_set:
        return spec
    ended = _last_plan(journal)
    if ended is not None and ended.rehearsed:
        return spec.model_copy(update={"aws": spec.aws.model_copy(update={"rehearse": True})})
    if ended is None:
        refuse_ambiguous_endpoint(spec)
    return spec


def refuse_ambiguous_endpoint(spec: "FleetSpec") -> None:
    """Refuse to ask a real account because of a forgotten `--rehearse`.

    Raises:
        UsageError: a rehearsal of this state folder is under way, and it was not said which of the two is meant.
    """
    if spec.cloud != "aws" or "rehearse" in spec.aws.model_fields_set:
        return
    if _has_rehearsal():
        raise UsageError(
            "a rehearsal is under way, and it was not said whether that or the real account is meant",
            "`rehearse: true` or `rehearse: false` under `aws:` (ORCHESTRATE_AWS__REHEARSE); `gc` takes --rehearse and"
            " --no-rehearse too",
        )


def _has_rehearsal() -> bool:
    """Whether the rehearsal of this state folder runs, or a fleet on record is of one that was killed."""
    from orchestrator.models import Plan

    root = state_dir()
    if not (root / "rehearsal").exists():
        return False
    plans = (Journal(name, root).load("plan", Plan) for name in fleet_names(root))
    if any(planned and planned.rehearsed for planned in plans):
        return True
    from orchestrator.rehearsal import find_rehearsal

    return find_rehearsal(root) is not None


def _last_plan(journal: Journal) -> "Plan | None":
    """Of the newest run folder of that fleet that `down` set aside."""
    from orchestrator.models import Plan

    folder = journal.last_ended()
    if folder is None:
        return None
    past = Journal(journal.fleet, journal.root)
    past.folder = folder
    return past.load("plan", Plan)


def regions_tried(journal: Journal, regions: tuple[str, ...]) -> frozenset[str] | None:
    """Those of the regions in which a launch was begun or an instance was seen; None of a fleet that is not on record.

    What was begun is written down before it is asked for, so a host that nobody saw counts too.
    """
    from orchestrator.ledger import LEDGER
    from orchestrator.models import InstanceStatus

    if not journal.exists:
        return None
    begun = {key.partition("/")[0] for key in journal.intents("instance")}
    taken_over = {said.rpartition(" in ")[2] for said in journal.intents("owner")}
    zones = {each.zone for each in journal.entries(LEDGER, InstanceStatus)}
    seen = {region for region in regions for zone in zones if zone.startswith(region)}
    return frozenset(begun | taken_over | seen)


def regions_on_record() -> tuple[str, ...]:
    """Every region that a fleet of this state folder is or was in, those that were taken away included."""
    from orchestrator.models import Plan

    root = state_dir()
    gone = root / "ended"
    folders = [root / "fleets" / name for name in fleet_names(root)]
    folders += sorted(gone.glob("*/*")) if gone.is_dir() else []
    found: dict[str, None] = {}
    for folder in folders:
        past = Journal(folder.name, root)
        past.folder = folder
        with suppress(OrchestrateError):  # of an earlier version, which this one cannot read
            planned = past.load("plan", Plan)
            if planned is not None and planned.cloud == "aws":
                found |= dict.fromkeys(planned.regions)
    return tuple(found)
