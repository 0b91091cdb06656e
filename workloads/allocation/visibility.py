"""Which cards CUDA_VISIBLE_DEVICES leaves to this process, by UUID. Sets nothing, and leaves CUDA untouched in this process."""

import json
import subprocess
from collections.abc import Mapping, Sequence

from workloads.host.children import program, running

VARIABLE = "CUDA_VISIBLE_DEVICES"
_LIST = "import json; from workloads.devices.cards import nvidia_cards as cards; print(json.dumps([c.uuid for c in cards() or ()]))"


def visible(environ: Mapping[str, str], uuids: Sequence[str]) -> tuple[str, ...]:
    """Those of `uuids` that may be taken, in the order of the variable; all of them where it is not set.

    Numbers are CUDA's own, which are not NVML's. CUDA reads the variable once in a process, so another one is asked what they are.
    """
    text = environ.get(VARIABLE)
    if text is None:
        return tuple(uuids)
    if any(entry.strip().isdigit() for entry in text.split(",")):
        return tuple(uuid for uuid in _by_cuda(environ) if uuid in uuids)
    return by_name(text, uuids)


def by_name(text: str, uuids: Sequence[str]) -> tuple[str, ...]:
    """As CUDA reads a list of UUIDs: beginnings will do, and what comes behind one that is unknown is hidden. Pure."""
    found: list[str] = []
    for entry in (entry.strip() for entry in text.split(",")):
        meant = [uuid for uuid in uuids if entry and uuid.startswith(entry)]
        if len(meant) != 1:
            break
        found.append(meant[0])
    return tuple(found)


def _by_cuda(environ: Mapping[str, str]) -> tuple[str, ...]:
    with running(
        program(_LIST), environ=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        out, _ = process.communicate()
    try:
        return tuple(str(uuid) for uuid in json.loads(out))
    except ValueError:  # it died in the driver: nothing is known to be visible
        return ()
