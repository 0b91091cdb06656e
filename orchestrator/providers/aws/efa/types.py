"""Which instance types with NVIDIA cards have an Elastic Fabric Adapter, and on how many network cards. Pure: a table, no call.

Source: what EC2's DescribeInstanceTypes says under `NetworkInfo` (`EfaSupported`, `EfaInfo.MaximumEfaInterfaces`), as moto 5.2.5 carries
it. Not compared with AWS's own pages.
"""

from dataclasses import replace

from orchestrator.models import Offer
from orchestrator.providers.aws.placement import placement_of
from orchestrator.providers.settings import AwsSettings

_ONE = """
    g4dn.8xlarge g4dn.12xlarge g4dn.16xlarge g4dn.metal g5.8xlarge g5.12xlarge g5.16xlarge g5.24xlarge g5.48xlarge
    g6.8xlarge g6.12xlarge g6.16xlarge g6.24xlarge g6.48xlarge g6e.8xlarge g6e.12xlarge g6e.16xlarge g7.8xlarge
    g7.12xlarge g7.24xlarge g7e.8xlarge g7e.12xlarge gr6.8xlarge p3dn.24xlarge p5.4xlarge
"""
_SEVERAL = {
    "g6e.24xlarge": 2,
    "g6e.48xlarge": 4,
    "g7.48xlarge": 2,
    "g7e.24xlarge": 2,
    "g7e.48xlarge": 4,
    "p4d.24xlarge": 4,
    "p4de.24xlarge": 4,
    "p5.48xlarge": 32,
    "p5e.48xlarge": 32,
    "p5en.48xlarge": 16,
    "p6-b200.48xlarge": 8,
    "p6-b300.48xlarge": 16,
}
_CARDS = dict.fromkeys(_ONE.split(), 1) | _SEVERAL


def cards(instance_type: str) -> int:
    """How many EFA interfaces the type may have, one to a network card; 0 for none, and for a type that is not known."""
    return _CARDS.get(instance_type, 0)


def with_efa(settings: AwsSettings, offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """The offers, where those of types without EFA are not available and say why, if it is asked for."""
    return tuple(map(_judged, offers)) if settings.efa else offers


def _judged(offer: Offer) -> Offer:
    place = placement_of(offer.key)
    if place is None or not offer.available:
        return offer
    there = cards(place.instance_type)
    if not there:
        return replace(offer, available=False, reason=_without(place.instance_type))
    part = "EFA" if there == 1 else f"EFA on 1 of {there} network cards"
    return replace(offer, description=f"{offer.description}, {part}")


def _without(instance_type: str) -> str:
    family = instance_type.partition(".")[0]
    having = [each for each in _CARDS if each.startswith(f"{family}.")]
    instead = f"{', '.join(having)} have it" if having else "no type of its family is known to have it"
    return f"{instance_type} has no EFA: {instead}; or leave `efa:` out"
