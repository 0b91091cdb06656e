"""Options that say where a table comes from: what does not go together, or cannot be, is wrong usage."""

import argparse
from pathlib import Path

import pytest

from tests.unit.workloads.asked_of_tables import asked
from workloads.command_line import arguments_of, parser
from workloads.options import checksum, web_address
from workloads.result import explain
from workloads.tables.arguments import TableArguments, existing

DIGEST = "0123456789abcdef" * 4
MIRROR = "https://data.example.org/otto.zip"


@pytest.mark.parametrize("workload", ["otto", "keypoints"])
def test_the_data_are_where_they_were_asked_for(workload: str, tmp_path: Path) -> None:
    arguments = parsed(workload, "--data", str(tmp_path), "--data-sha256", DIGEST.upper(), "--limit", "500")
    assert (arguments.data, arguments.data_sha256, arguments.limit) == (str(tmp_path), DIGEST, 500)
    assert (arguments.mirror, arguments.synthetic) == ("", None)


def test_rows_are_made_up_only_where_that_was_asked_for() -> None:
    assert parsed("otto").synthetic is None
    assert parsed("otto", "--synthetic", "600").synthetic == 600


def test_a_mirror_is_read_only_with_a_checksum() -> None:
    assert parsed("otto", "--mirror", MIRROR, "--data-sha256", DIGEST).mirror == MIRROR
    with pytest.raises(argparse.ArgumentTypeError, match="--mirror needs --data-sha256"):
        parsed("otto", "--mirror", MIRROR)


def test_made_up_rows_have_no_checksum() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="there is no --data-sha256 of them"):
        parsed("otto", "--synthetic", "600", "--data-sha256", DIGEST)


def test_there_is_one_place_for_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("otto", "--synthetic", "600", "--data", "/")
    assert "not allowed with argument" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ftp://data.example.org/otto.zip", "not an address with http or https"),
        ("file:///etc/passwd", "not an address with http or https"),
        ("otto.zip", "not an address with http or https"),
        ("https://me:secret@data.example.org/otto.zip", "would be seen by everybody"),
        ("https://[::1/otto.zip", "it is no address"),
        ("https://data.example.org:http/otto.zip", "it is no address"),
    ],
)
def test_an_address_that_cannot_be_or_must_not_be_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=complaint) as refused:
        web_address(text)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "g" * 64])
def test_what_is_no_sha_256_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="64 hexadecimal digits"):
        checksum(text)


def test_a_sha_256_is_taken_in_capitals_too() -> None:
    assert checksum("AB" * 32) == "ab" * 32


def test_a_path_at_which_nothing_is_is_refused(tmp_path: Path) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not there"):
        existing(str(tmp_path / "nothing"))


def test_for_want_of_memory_the_sizes_are_told() -> None:
    assert explain(MemoryError("too much"), asked()).message == "too much; batch size 32"


def parsed(workload: str, *options: str) -> TableArguments:
    arguments = arguments_of(parser().parse_args([workload, "--result", "r.json", *options]))
    assert isinstance(arguments, TableArguments)
    return arguments
