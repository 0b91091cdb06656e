"""Ask what a tunnel leads to, or a name on the web, whether anything answers. Each asks once, and logs in to nothing."""

import http.client
import socket
import ssl

from orchestrator.sanitize import sanitized_line
from orchestrator.tunnel.ports import LOOPBACK

_TIMEOUT_S = 10
_TLS_TIMEOUT_S = 5
_BANNER_BYTES = 12
"""`RFB 003.008` and a line feed: RFC 6143, 7.1.1."""


def rfb_banner(port: int) -> str:
    """What a VNC server says first, `RFB 003.008`; empty when nobody answers, or with silence.

    Once only: TigerVNC shuts out whoever connects a few times without logging in.
    """
    try:
        with socket.create_connection((LOOPBACK, port), timeout=_TIMEOUT_S) as link:
            banner = link.makefile("rb").read(_BANNER_BYTES)
            return sanitized_line(banner.decode("ascii", errors="replace"))
    except OSError:
        return ""


def http_status(port: int, path: str) -> int | None:
    """The status that a web server answers with; None when nobody answers, or no web server."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def refusal_over_tls(name: str, path: str, *, port: int = 443) -> str:
    """Why a browser would not get `https://name/path`; empty when a web server answers with a certificate that is trusted."""
    connection = http.client.HTTPSConnection(
        name, port, timeout=_TLS_TIMEOUT_S, context=ssl.create_default_context()
    )
    try:
        connection.request("GET", path)
        connection.getresponse()
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not trusted: {sanitized_line(error.verify_message)}"
    except socket.gaierror:
        return "there is no such name"
    except TimeoutError:
        return f"port {port} does not answer"
    except (OSError, http.client.HTTPException) as error:
        return sanitized_line(str(error)) or type(error).__name__
    finally:
        connection.close()
    return ""
