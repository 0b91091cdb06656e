"""Systems Manager's public parameters that name images. Others are left to moto."""

from datetime import UTC, datetime
from typing import Any

from orchestrator.rehearsal.account.images import IMAGES
from orchestrator.rehearsal.api.replies import Refused, Reply, as_json
from orchestrator.rehearsal.api.request import ApiRequest

_BY_NAME = {image.parameter: image for image in IMAGES}
_WRITTEN = datetime(2026, 11, 9, 7, 0, tzinfo=UTC).timestamp()
_MOST = 10


def get_parameter(request: ApiRequest) -> Reply | None:
    """One parameter; None for one that moto has to know."""
    name = request.given.get("Name", "")
    return as_json({"Parameter": _shown(name, request.region)}) if name in _BY_NAME else None


def get_parameters(request: ApiRequest) -> Reply | None:
    """Several; None where moto has to know any."""
    names = request.given.get("Names", [])
    if len(names) > _MOST:
        raise Refused("ValidationException", f"names: at most {_MOST} at a time")
    if any(name not in _BY_NAME and not _ours(name) for name in names):
        return None
    return as_json(
        {
            "Parameters": [_shown(name, request.region) for name in names if name in _BY_NAME],
            "InvalidParameters": [name for name in names if name not in _BY_NAME],
        }
    )


def _ours(name: str) -> bool:
    """Whether moto has nothing below that path."""
    return name.startswith(("/aws/service/debian/", "/aws/service/canonical/", "/aws/service/deeplearning/"))


def _shown(name: str, region: str) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "String",
        "Value": _BY_NAME[name].id(region),
        "Version": 1,
        "LastModifiedDate": _WRITTEN,
        "ARN": f"arn:aws:ssm:{region}::parameter{name}",
        "DataType": "aws:ec2:image",
    }
