"""Which regions the account has enabled. Changes nothing."""

from collections.abc import Iterable

from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.regions.parallel import in_each


def enabled_regions(aws: Aws, regions: Iterable[str]) -> tuple[str, ...]:
    """The names of all regions that the account may use.

    Args:
        aws: the account.
        regions: those that are asked; each knows of all.

    Raises:
        ProviderError: none of them says it.
    """

    def names(region: str) -> tuple[str, ...]:
        with aws_errors(f"the list of regions in {region}"):
            found = aws.ec2(region).describe_regions()["Regions"]
        return tuple(each["RegionName"] for each in found if "RegionName" in each)

    answers = in_each(aws, regions, names)
    return tuple(sorted({name for found in answers.all for name in found}))
