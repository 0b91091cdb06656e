"""A certificate that its host signed is told from one that somebody wrote, changed, or brought from elsewhere."""

import subprocess
from pathlib import Path

import pytest

from orchestrator.errors import ConvergeError
from orchestrator.remote.local import LocalShell
from orchestrator.stages.deliver.signatures import sign, signer
from tests.unit.builders import ScriptedShell, completed

CERTIFICATE = b'{"verdict": "PASS"}\n'


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host's."""
    return made(tmp_path_factory.mktemp("host") / "key")


def made(path: Path) -> Path:
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path), check=True)
    return path


def public(key: Path) -> str:
    return key.with_suffix(".pub").read_text(encoding="utf-8").strip()


def signed(key: Path, content: bytes = CERTIFICATE, namespace: str = "orchestrate-certificate") -> bytes:
    done = subprocess.run(
        ("ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", key),
        input=content,
        capture_output=True,
        check=True,
    )
    return done.stdout


def test_a_host_signs_with_its_own_key_and_keeps_nothing(key: Path) -> None:
    """What is typed on the host is what is run here, with the key at another place."""

    def on_host(argv: tuple[str, ...]) -> object:
        script = argv[-1].replace("/etc/ssh/ssh_host_${type}_key", str(key))
        return LocalShell().run(("sh", "-c", script), stdin=shell.told[-1])

    shell = ScriptedShell(on_host)  # type: ignore[arg-type]
    signature = sign(shell, CERTIFICATE)
    assert signer(CERTIFICATE, signature, {"lab-1": public(key)}) == "lab-1"
    assert shell.files == {}
    assert len(shell.ran) == 1


def test_the_one_of_several_hosts_is_named(key: Path, tmp_path: Path) -> None:
    keys = {"lab-1": public(made(tmp_path / "other")), "lab-2": public(key)}
    assert signer(CERTIFICATE, signed(key), keys) == "lab-2"


@pytest.mark.parametrize("content", [CERTIFICATE.replace(b"PASS", b"FAIL"), CERTIFICATE.strip(), b""])
def test_what_was_changed_since_has_no_signer(key: Path, content: bytes) -> None:
    assert signer(content, signed(key), {"lab-1": public(key)}) == ""


def test_a_foreign_one_has_no_signer(key: Path, tmp_path: Path) -> None:
    assert signer(CERTIFICATE, signed(made(tmp_path / "foreign")), {"lab-1": public(key)}) == ""
    assert signer(CERTIFICATE, signed(key), {}) == ""


def test_a_signature_for_something_else_is_none(key: Path) -> None:
    assert signer(CERTIFICATE, signed(key, namespace="git"), {"lab-1": public(key)}) == ""


@pytest.mark.parametrize("signature", [b"", b"PASS", b"-----BEGIN SSH SIGNATURE-----\nAAAA\n"])
def test_what_is_no_signature_is_none(key: Path, signature: bytes) -> None:
    assert signer(CERTIFICATE, signature, {"lab-1": public(key)}) == ""


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (completed(exit_code=1, stderr="it has no host key in /etc/ssh\n"), "it has no host key in /etc/ssh"),
        (completed(exit_code=255), "ssh-keygen ended with 255"),
        (completed(stdout="unknown option -- Y"), "ssh-keygen ended with 0"),
    ],
)
def test_a_host_that_does_not_sign_says_why(answer: object, cause: str) -> None:
    with pytest.raises(ConvergeError) as refused:
        sign(ScriptedShell(lambda _argv: answer), CERTIFICATE)  # type: ignore[arg-type,return-value]
    assert refused.value.cause == cause
