"""Programs of a few lines that stand in for a host's services, and a way to put them there."""

from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import User

_PUT = 'sudo mkdir -p "$(dirname "$1")" && printf %s "$2" | sudo tee "$1" > /dev/null'

SERVICES = """
import http.server, socketserver, sys, threading
class Desktop(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"RFB 003.008\\n")
        self.request.recv(1)
class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(401)
desktop = socketserver.ThreadingTCPServer(("127.0.0.1", 5901), Desktop)
threading.Thread(target=desktop.serve_forever, daemon=True).start()
web = http.server.ThreadingHTTPServer(("127.0.0.1", 8480), Web)
threading.Thread(target=web.serve_forever, daemon=True).start()
socketserver.ThreadingUnixStreamServer("/run/standins/desktop.sock", Desktop).serve_forever()
"""
"""A VNC server and a web server on loopback, as a user of the host; one more on a Unix socket, which comes last."""
OVER_TLS = """
import http.server, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/etc/orchestrate/key-and-certificate.pem")
server = http.server.ThreadingHTTPServer(("0.0.0.0", 443), http.server.SimpleHTTPRequestHandler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""
"""A web server on every address, as root; its certificate lies where the web server of a host of ours has none."""


def put(user: User, path: str, text: str) -> None:
    """Write a file of the host."""
    said = user.run("ssh", user.fleet, "--", "sh", "-c", _PUT, "sh", path, text)
    assert said.code == 0, said.err


def start_services(owner: User) -> None:
    """Have SERVICES run, until the host restarts."""
    started = owner.run(
        *("ssh", owner.fleet, "--", "sudo", "systemd-run", "--unit=standins", "--uid=admin"),
        *("--property=RuntimeDirectory=standins", "python3", "/usr/local/lib/standins.py"),
    )
    assert started.code == 0, started.err
    there = ("ssh", owner.fleet, "--", "test", "-S", "/run/standins/desktop.sock")
    wait_for("the stand-ins", lambda: owner.run(*there).code == 0 or NotYet("no socket"), timeout_s=60)
