"""A certificate is signed by its hosts, each with the key by which SSH knows it: what somebody wrote or changed since is told from it.

The format is OpenSSH's (PROTOCOL.sshsig), so `ssh-keygen -Y verify` reads it anywhere; it is also what signs and verifies here.
"""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from orchestrator.errors import ConvergeError, OrchestrateError
from orchestrator.remote import Shell
from orchestrator.sanitize import sanitized_line

SIGNATURES = "signatures"
"""The folder of the run folder with one for each host."""
NAMESPACE = "orchestrate-certificate"
"""A signature for anything else, such as of a commit, is none for a certificate."""
STANDING_NAMESPACE = "orchestrate-standing"
"""Of what a host found of its certificate since."""
_TIMEOUT_S = 10
_BEGIN = "-----BEGIN SSH SIGNATURE-----"

# Ed25519 first: it is the key that is on record here, where a host has one.
_SIGN = (
    "for type in ed25519 ecdsa rsa; do key=/etc/ssh/ssh_host_${type}_key; "
    f'if [ -f "$key" ]; then exec ssh-keygen -q -Y sign -n {NAMESPACE} -f "$key"; fi; done; '
    "echo 'it has no host key in /etc/ssh' >&2; exit 1"
)


def sign(shell: Shell, certificate: bytes) -> bytes:
    """The host's signature over these bytes. Nothing is left on the host.

    Raises:
        ConvergeError: it has no host key, or an OpenSSH before 8.1.
        UnreachableError: no connection.
    """
    done = shell.run_as_root(("sh", "-c", _SIGN), stdin=certificate.decode())
    if done.exit_code != 0 or _BEGIN not in done.stdout:
        said = sanitized_line(done.stderr, limit=200)
        raise ConvergeError(said or f"ssh-keygen ended with {done.exit_code}", "")
    return done.stdout[done.stdout.index(_BEGIN) :].encode()


def signer(certificate: bytes, signature: bytes, keys: Mapping[str, str], namespace: str = NAMESPACE) -> str:
    """The host whose key made the signature over exactly these bytes; empty when none did.

    Args:
        certificate: the file.
        signature: as `sign` gave it.
        keys: public host keys, `ssh-ed25519 AAAA…`, by host.
        namespace: what it is a signature for.

    Raises:
        OrchestrateError: there is no ssh-keygen on this computer.
    """
    with tempfile.TemporaryDirectory(prefix="orchestrate-") as folder:
        allowed, file = Path(folder, "allowed_signers"), Path(folder, "signature")
        file.write_bytes(signature)
        for host, key in keys.items():
            allowed.write_text(f'host namespaces="{namespace}" {key}\n', encoding="utf-8")
            if _verifies(certificate, file, allowed, namespace):
                return host
    return ""


def _verifies(certificate: bytes, signature: Path, allowed: Path, namespace: str) -> bool:
    argv = ("ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "host", "-n", namespace, "-s", signature)
    try:
        done = subprocess.run(argv, input=certificate, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except FileNotFoundError as error:
        raise OrchestrateError(
            "there is no ssh-keygen on this computer", "orchestrate doctor --fix"
        ) from error
    return done.returncode == 0
