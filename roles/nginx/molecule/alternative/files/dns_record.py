"""Give a name an address in the test server's DNS, or none: python3 dns_record.py NAME [ADDRESS]."""

import json
import sys
from urllib.request import urlopen

name, *addresses = sys.argv[1:]
for verb, body in (("clear-a", {"host": name}), ("add-a", {"host": name, "addresses": addresses})):
    if verb == "clear-a" or addresses:
        urlopen(f"http://127.0.0.1:8055/{verb}", json.dumps(body).encode()).close()
