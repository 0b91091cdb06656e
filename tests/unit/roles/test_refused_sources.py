"""Sources that apt refuses: named, with the file that has them and what to type."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.source_faults import refused_source

PARTS = Path("/etc/apt/sources.list.d")
SOURCES = {
    Path("/etc/apt/sources.list"): "deb http://both.example/ubuntu noble main\n",
    PARTS / "vendor.list": "deb [arch=amd64] http://vendor.example/apt/ stable main\n",
    PARTS / "other.sources": "Types: deb\nURIs: http://both.example/ubuntu\nSuites: noble\n",
    PARTS / "base.sources": "# Ansible managed: role base\nTypes: deb\nURIs: http://mirror.example/ubuntu\n",
    PARTS / "old.list": "# deb http://vendor.example/apt stable main\n",
}
GPG = "W: GPG error: http://vendor.example/apt stable InRelease: "
MOVED = (
    "leave it out: `sudo mv /etc/apt/sources.list.d/vendor.list /etc/apt/sources.list.d/vendor.list.disabled`"
)


@pytest.mark.parametrize(
    ("said", "cause", "remedy"),
    [
        (
            (
                f"{GPG}The following signatures couldn't be verified because the public key is not available: "
                "NO_PUBKEY F3D690D21F60D660\nE: The repository 'http://vendor.example/apt stable InRelease' is not signed."
            ),
            (
                "the package source http://vendor.example/apt stable is signed with key F3D690D21F60D660, "
                "which this host does not have"
            ),
            (
                "put its publisher's key into /etc/apt/keyrings and name it as Signed-By in "
                f"/etc/apt/sources.list.d/vendor.list, or {MOVED}"
            ),
        ),
        (
            (
                "W: OpenPGP signature verification failed: http://mirror.example/ubuntu noble InRelease: Sub-process /usr/bin/sqv "
                "returned an error code (1), error message is: Missing key 1E9377A2BA9EF27F, which is needed to verify signature."
            ),
            "the package source http://mirror.example/ubuntu noble is signed with key 1E9377A2BA9EF27F, ",
            "put its publisher's key into /etc/apt/keyrings and name it as `signed_by` in base_apt_sources, or take it out of ",
        ),
        (
            "E: The repository 'http://vendor.example/apt stable Release' is not signed.",
            "the package source http://vendor.example/apt stable is not signed",
            f"{MOVED}, or use an address of its publisher that is signed",
        ),
        (
            "E: The repository 'http://both.example/ubuntu noble Release' does not have a Release file.",
            "the package source http://both.example/ubuntu noble has nothing for that release",
            (
                "mend its suite in /etc/apt/sources.list and /etc/apt/sources.list.d/other.sources, or take it out of "
                "/etc/apt/sources.list and"
            ),
        ),
        (
            f"{GPG}The following signatures were invalid: EXPKEYSIG 1E9377A2BA9EF27F Vendor",
            "the package source http://vendor.example/apt stable is signed with a key that has expired or was revoked: ",
            "fetch its publisher's new key and name it as Signed-By in /etc/apt/sources.list.d/vendor.list, or leave it out",
        ),
        (
            "E: The repository 'http://gone.example/apt stable InRelease' is not signed.",
            "the package source http://gone.example/apt stable is not signed",
            "take it out of /etc/apt/sources.list.d, or use",
        ),
        (
            f"{GPG}The following signatures were invalid: BADSIG 1E9377A2BA9EF27F Vendor",
            "the package index is not what was signed: http://vendor.example/apt stable: The following signatures were invalid",
            "repeat later; if it stays, somebody changed it on its way here",
        ),
        (
            "E: The repository 'http://vendor.example/apt stable Release' is no longer signed.",
            "the package index is not what was signed: http://vendor.example/apt stable: is no longer signed",
            "repeat later",
        ),
    ],
)
def test_a_source_that_apt_refuses_is_named_with_what_to_type(said: str, cause: str, remedy: str) -> None:
    error = refused_source(said, SOURCES)
    assert error
    first, second = str(error).split("\n  try: ")
    assert first.startswith(cause)
    assert second.startswith(remedy)
    assert error.output == said


def test_other_failures_are_nothing_about_a_source() -> None:
    assert refused_source("E: Unable to locate package lesss\n", SOURCES) is None
