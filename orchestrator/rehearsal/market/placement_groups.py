"""Placement groups, which moto has not: made, described, removed, and launched into. The caller holds the cloud's lock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex

from moto.ec2.models.instances import Reservation

from orchestrator.rehearsal.account.regions import Account, Region
from orchestrator.rehearsal.api.replies import Refused, Reply, ec2, element
from orchestrator.rehearsal.api.request import ApiRequest, filters, listed, tags_for

GROUP = "Placement.GroupName"
_KIND = "placement-group"
_CLUSTER = "cluster"
_NEVER = ("t1.", "t2.", "t3.", "t3a.", "t4g.", "mac1.", "m7i-flex.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementGroup:
    """One group. Its tags are among the region's."""

    id: str
    name: str
    strategy: str


class PlacementGroups:
    """All placement groups of an account.

    Args:
        account: whose regions keep the tags.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._kept: dict[tuple[str, str], PlacementGroup] = {}

    def answer(self, request: ApiRequest) -> Reply | None:
        """What an action about them is answered; None for any other action.

        Raises:
            Refused: EC2 would.
        """
        acts: Mapping[str, Callable[[Region, ApiRequest], Reply]] = {
            "CreatePlacementGroup": self._create,
            "DeletePlacementGroup": self._delete,
            "DescribePlacementGroups": self._describe,
        }
        act = acts.get(request.action)
        return act(self._account.region(request.region), request) if act else None

    def check(self, region: Region, parameters: Mapping[str, str]) -> None:
        """Raise Refused where a launch names a group that would not take it."""
        name = parameters.get(GROUP, "")
        if not name:
            return
        group = self._known(region, name)
        if group.strategy != _CLUSTER:
            return
        if parameters.get("InstanceType", "").startswith(_NEVER):
            raise Refused(
                "InvalidParameterCombination",
                f"Cluster placement groups are not supported by the '{parameters['InstanceType']}' instance type.",
            )
        zones = {str(each.availability_zone) for each in region.living() if each.placement.group_name == name}
        if zones - {parameters.get("Placement.AvailabilityZone", "")}:
            raise Refused(
                "InsufficientInstanceCapacity",
                f"The placement group {name} has instances in {', '.join(sorted(zones))}, and cannot span zones.",
                500,
            )

    def launched(self, parameters: Mapping[str, str], held: Reservation) -> None:
        """Instances were made: those that named a group are in it."""
        for instance in held.instances if parameters.get(GROUP) else ():
            instance.placement.group_name = parameters[GROUP]

    def _create(self, region: Region, request: ApiRequest) -> Reply:
        name = request.parameters.get("GroupName", "")
        if (request.region, name) in self._kept:
            raise Refused("InvalidPlacementGroup.Duplicate", f"The placement group '{name}' already exists.")
        group = PlacementGroup(
            id=f"pg-{token_hex(9)[:17]}", name=name, strategy=request.parameters.get("Strategy", _CLUSTER)
        )
        self._kept[request.region, name] = group
        self._account.placement_groups[request.region, name] = group.id
        region.tags[group.id].update(tags_for(request.parameters, _KIND))
        return ec2(request.action, f"<placementGroup>{self._xml(region, group)}</placementGroup>")

    def _delete(self, region: Region, request: ApiRequest) -> Reply:
        group = self._known(region, request.parameters.get("GroupName", ""))
        if any(each.placement.group_name == group.name for each in region.living()):
            raise Refused(
                "InvalidPlacementGroup.InUse",
                f"The placement group '{group.name}' is in use and may not be deleted.",
            )
        del self._kept[request.region, group.name]
        del self._account.placement_groups[request.region, group.name]
        region.tags.pop(group.id, None)
        return ec2(request.action, element("return", "true"))

    def _describe(self, region: Region, request: ApiRequest) -> Reply:
        names = listed(request.parameters, "GroupName")
        found = [self._known(region, each) for each in names] or [
            each for (where, _), each in self._kept.items() if where == request.region
        ]
        wanted = filters(request.parameters)
        items = "".join(
            f"<item>{self._xml(region, each)}</item>" for each in found if self._fits(region, each, wanted)
        )
        return ec2(request.action, f"<placementGroupSet>{items}</placementGroupSet>")

    def _fits(self, region: Region, group: PlacementGroup, wanted: Mapping[str, tuple[str, ...]]) -> bool:
        tags = region.tags.get(group.id, {})
        known = {"group-name": (group.name,), "strategy": (group.strategy,), "tag-key": tuple(tags)}
        known |= {f"tag:{key}": (value,) for key, value in tags.items()}
        return all(set(values) & set(known.get(name, ())) for name, values in wanted.items())

    def _known(self, region: Region, name: str) -> PlacementGroup:
        group = self._kept.get((region.region_name, name))
        if group is None:
            raise Refused("InvalidPlacementGroup.Unknown", f"The Placement Group '{name}' is unknown.")
        return group

    def _xml(self, region: Region, group: PlacementGroup) -> str:
        tags = "".join(
            f"<item>{element('key', key)}{element('value', value)}</item>"
            for key, value in region.tags.get(group.id, {}).items()
        )
        shown = (
            ("groupName", group.name),
            ("groupId", group.id),
            ("strategy", group.strategy),
            ("state", "available"),
        )
        return "".join(element(name, text) for name, text in shown) + f"<tagSet>{tags}</tagSet>"
