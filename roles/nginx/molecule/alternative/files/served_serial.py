"""Print the serial number of the certificate that is served: python3 served_serial.py HOST CA_FILE."""

import socket
import ssl
import sys

host, ca_file = sys.argv[1:]
context = ssl.create_default_context(cafile=ca_file)
with (
    socket.create_connection((host, 443), timeout=10) as plain,
    context.wrap_socket(plain, server_hostname=host) as secure,
):
    sys.stdout.write(str((secure.getpeercert() or {})["serialNumber"]))
