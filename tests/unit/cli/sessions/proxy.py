"""A proxy that lets whoever has its password through to AWS, as a company's does, and AWS behind it with a certificate of its own."""

import base64
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "aws.example.test"
"""No resolver knows it: only the proxy leads there."""
USER, PASSWORD = "me", "s3cret-word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """One that runs."""

    port: int
    certificate: Path
    """Of what is behind it; signed by itself."""
    asked: list[str] = field(default_factory=list)
    """The places that connections were asked to."""

    def url(self, password: str = PASSWORD) -> str:
        return f"http://{USER}:{password}@127.0.0.1:{self.port}"

    def variables(self, password: str = PASSWORD) -> dict[str, str]:
        """What a user behind it has in the environment."""
        return {
            "AWS_ENDPOINT_URL": f"https://{NAME}",
            "AWS_CA_BUNDLE": str(self.certificate),
            "HTTPS_PROXY": self.url(password),
        }


@contextmanager
def proxy(folder: Path, account_url: str) -> Iterator[Proxy]:
    """One that runs while the block does, and leads every connection to the account."""
    certificate, key = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = socket.create_server(("127.0.0.1", 0))
    made = Proxy(port=server.getsockname()[1], certificate=certificate)
    behind = urlsplit(account_url)

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(
                    target=_led, args=(connection, context, made, behind.port), daemon=True
                ).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def _led(connection: socket.socket, context: ssl.SSLContext, made: Proxy, port: int) -> None:
    with suppress(OSError), connection:
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(4096)
        made.asked.append(request.split()[1].decode())
        word = base64.b64encode(f"{USER}:{PASSWORD}".encode())
        if b"Basic " + word not in request:
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with (
            context.wrap_socket(connection, server_side=True) as theirs,
            socket.create_connection(("127.0.0.1", port)) as ours,
        ):
            back = threading.Thread(target=_copy, args=(ours, theirs), daemon=True)
            back.start()
            _copy(theirs, ours)
            ours.shutdown(socket.SHUT_WR)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "aws.pem", folder / "aws.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, private
