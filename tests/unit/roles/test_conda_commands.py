"""What the output of pip and conda becomes, and what surrounds the commands."""

from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import commands


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(…)': /simple/keras/\n",
            "the package index does not answer\n  try: set `index-url` in base_pip_config",
        ),
        (
            "Could not fetch URL https://index/simple/: There was a problem confirming the ssl certificate: …\n",
            "the package index shows a certificate that this host does not trust\n  try: add its authority",
        ),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
            "the disk of the environment ran full\n  try: make space",
        ),
        (
            "WARNING: old\nERROR: Cannot install six==1 because these package versions have conflicting dependencies.\nERROR: more\n",
            "Cannot install six==1 because these package versions have conflicting dependencies.\n  try: compare",
        ),
        ("", "no output\n  try: compare"),
    ],
    ids=["down", "certificate", "full", "conflict", "silent"],
)
def test_pips_output_becomes_a_cause_and_a_next_step(output: str, said: str) -> None:
    assert str(commands.pip_error(output, "compare the pins")).startswith(said)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"exception_name": "PackagesNotFoundError", "packages": ["nosuch", "python=3.9"]},
            "no channel has nosuch, python=3.9\n  try: mend its name or version",
        ),
        (
            {"exception_name": "PackagesNotFoundInChannelsError", "packages": ["nosuch"]},
            "no channel has nosuch\n  try: mend",
        ),
        (
            {
                "exception_name": "CondaHTTPError",
                "url": "http://mirror/forge",
                "message": "HTTP 000\nCONNECTION FAILED",
            },
            "http://mirror/forge does not answer as a channel: HTTP 000 CONNECTION FAILED\n  try: set conda_channel_alias",
        ),
        (
            {"exception_name": "UnsatisfiableError", "message": "a needs b\nc needs no b"},
            "the packages contradict each other: a needs b c needs no b\n  try: loosen",
        ),
        (
            {"exception_name": "LibMambaUnsatisfiableError", "message": "Encountered problems"},
            "the packages contradict each other: Encountered problems\n  try: loosen",
        ),
        (
            {"exception_name": "NoSpaceLeftError", "message": "No space left on devices."},
            "the disk of the environment ran full",
        ),
        (
            {
                "exception_name": "CondaError",
                "message": "[Errno 28] No space left on device: '/opt/conda/pkgs/x'",
            },
            "the disk of the environment ran full",
        ),
        (
            {"exception_name": "CondaMultiError", "errors": [{"exception_name": "NoSpaceLeftError"}, {}]},
            "the disk of the environment ran full",
        ),
        (
            {"error": "CondaValueError: odd"},
            "CondaValueError: odd\n  try: conda's whole output is shown with this message",
        ),
        ({}, "killed\n  try: conda's whole output"),
    ],
)
def test_condas_answer_becomes_a_cause_and_a_next_step(answer: dict[str, object], said: str) -> None:
    assert str(commands.conda_error(answer, "killed\n")).startswith(said)


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ('{"success": true}', {"success": True}),
        ('Channels:\n - forge\n{"error": "odd"}\n', {"error": "odd"}),
        ("no JSON", {}),
        ("{broken", {}),
        ("", {}),
    ],
)
def test_condas_answer_is_found_in_its_output(output: str, found: dict[str, object]) -> None:
    assert commands.conda_answer(output) == found


def test_the_proxy_of_logins_is_read_as_base_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    file.write_text(
        'PATH="/usr/bin"\n# BEGIN\nhttp_proxy="http://proxy:3128"\nHTTP_PROXY="http://proxy:3128"\nno_proxy="a,b"\n'
    )
    assert commands.proxies(file) == {
        "http_proxy": "http://proxy:3128",
        "HTTP_PROXY": "http://proxy:3128",
        "no_proxy": "a,b",
    }
    assert commands.proxies(tmp_path / "none") == {}


def test_an_active_conda_does_not_reach_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDA_PREFIX", "/home/me/conda")
    monkeypatch.setenv("PYTHONPATH", "/home/me/lib")
    assert not {"CONDA_PREFIX", "PYTHONPATH"} & commands.environment().keys()
