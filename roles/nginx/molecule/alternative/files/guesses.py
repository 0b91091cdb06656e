"""Guess passwords until there is no answer to that, 200 times at most; print how many guesses were answered.

python3 guesses.py HOST CA_FILE USER
"""

import http.client
import ssl
import sys
from base64 import b64encode

host, ca_file, user = sys.argv[1:]
context = ssl.create_default_context(cafile=ca_file)
answered = 0
while answered < 200:
    connection = http.client.HTTPSConnection(host, context=context, timeout=10)
    secret = b64encode(f"{user}:guess{answered}".encode()).decode()
    connection.request("GET", "/", headers={"Authorization": f"Basic {secret}"})
    status = connection.getresponse().status
    connection.close()
    if status == 429:
        break
    answered += 1
sys.stdout.write(str(answered))
