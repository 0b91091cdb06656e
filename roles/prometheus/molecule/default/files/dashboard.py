"""Ask Prometheus each query of the dashboard; fails with the one that it does not take or has no answer.

The arguments: Prometheus' host and port, and the path of its interface.
"""

import json
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

EMPTY = (
    "MEMORY_TEMP",
    "orchestrate_advice",
    "process_memory",
    "gpu_leased",
    "xid_timestamp",
    "pcie_",
    "REMAPPED",
    "leases",
    "increase(",
)
"""What this host's card does not say, is there only where something happened, or takes two scrapes."""

dashboard = json.loads(Path("/usr/local/share/orchestrate/grafana-gpu.json").read_text(encoding="utf-8"))
for panel in dashboard["panels"]:
    for target in panel["targets"]:
        query = target["expr"].replace("$instance", ".*").replace("$gpu", ".*")
        connection = HTTPConnection(sys.argv[1], timeout=10)
        connection.request("GET", f"{sys.argv[2]}/query?{urlencode({'query': query})}")
        told = json.loads(connection.getresponse().read())
        if told["status"] != "success" or not (
            told["data"]["result"] or any(name in query for name in EMPTY)
        ):
            sys.exit(f"{panel['title']}: {query}: {told}")
