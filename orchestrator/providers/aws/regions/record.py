"""What follows for a fleet from a region that was left out, by where its run folder says that it has been. Asks nothing.

A host in a region that does not answer is neither there nor gone: nothing is launched in its place, and nothing is called gone.
"""

from collections.abc import Iterable, Mapping

from orchestrator.errors import ProviderError
from orchestrator.models import ReceiptLine, Resource
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.errors import NoAnswerError
from orchestrator.providers.aws.placement import placement_of
from orchestrator.providers.aws.regions.parallel import hint
from orchestrator.providers.base import NOT_ASKED, PLACE
from orchestrator.providers.settings import AwsSettings


def tried_in(settings: AwsSettings, fleet: str) -> frozenset[str] | None:
    """The regions where the fleet has been launched or tried; None where nobody knows."""
    return settings.tried(fleet) if settings.tried is not None else None


def refuse_skipped_regions(settings: AwsSettings, fleet: str, left_out: Mapping[str, ProviderError]) -> None:
    """Refuse to go on where a region that the fleet has been in did not answer.

    Raises:
        ProviderError: of the region's own class, with its reason.
    """
    known = tried_in(settings, fleet) or frozenset()
    for region, error in left_out.items():
        if region in known:
            raise error


def refuse_lost(aws: Aws, settings: AwsSettings, fleet: str, left_out: Mapping[str, ProviderError]) -> None:
    """As `refuse_skipped_regions`, where an answer was lost: that passes, and the next question is asked of that region too.

    Raises:
        NoAnswerError: hosts that are there are not to be seen at the moment.
    """
    lost = {region: error for region, error in left_out.items() if isinstance(error, NoAnswerError)}
    for region in lost.keys() & (tried_in(settings, fleet) or frozenset()):
        aws.left_out.pop(region, None)
    refuse_skipped_regions(settings, fleet, lost)


def refuse_to_launch(
    settings: AwsSettings, fleet: str, left_out: Mapping[str, ProviderError], places: Iterable[str]
) -> None:
    """As `refuse_skipped_regions`, before a launch.

    Args:
        settings: which know what is on record.
        fleet: its name.
        left_out: the regions that did not answer, and why.
        places: keys of offers that are known to have been tried, whatever is on record.

    Raises:
        ProviderError: nothing was launched.
    """
    known = (tried_in(settings, fleet) or frozenset()) | {_region(key) for key in places if key}
    for region, error in left_out.items():
        if region in known:
            refused = type(error)(
                f"fleet {fleet} has been launched or tried in {region}, which cannot be asked what is there: nothing is"
                f" launched, or a host may be there twice: {error.cause}",
                f"{hint(region, error)}; then `orchestrate up` again",
            )
            raise refused from error


def not_asked_lines(
    settings: AwsSettings, fleet: str, left_out: Mapping[str, ProviderError]
) -> tuple[ReceiptLine, ...]:
    """A line for each region that was left out and may have something of the fleet: what is there is not gone."""
    known = tried_in(settings, fleet)
    return tuple(
        ReceiptLine(
            resource=Resource(kind=PLACE, id=region, name=region, state=NOT_ASKED),
            gone=False,
            proof=f"{NOT_ASKED} what is there: {error.cause}; try: {hint(region, error)}",
        )
        for region, error in left_out.items()
        if known is None or region in known
    )


def _region(key: str) -> str:
    placement = placement_of(key)
    return placement.region if placement is not None else ""
