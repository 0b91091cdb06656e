"""The rehearsal's process: `python -m orchestrator.rehearsal STATE-FOLDER NETWORK CIDR`. Started by `open_rehearsal` only."""

import sys
from pathlib import Path

if __name__ == "__main__":
    from orchestrator.rehearsal.session.server import serve

    serve(Path(sys.argv[1]), network=sys.argv[2], cidr=sys.argv[3])
