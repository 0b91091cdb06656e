"""Who may log in."""

import pytest

from orchestrator.errors import InputRefusedError, ProviderError
from orchestrator.providers.aws.network.caller_address import allowed_cidrs, caller_address, normalize_cidrs
from orchestrator.providers.settings import AwsSettings
from tests.unit.providers.aws.network.accounts import account


def test_what_the_fleet_file_says_wins_and_nobody_is_asked() -> None:
    settings = AwsSettings(ssh_from=("198.51.100.7/24", "203.0.113.4/32"), endpoint_url="http://127.0.0.1:9")
    assert allowed_cidrs(settings) == ("198.51.100.0/24", "203.0.113.4/32")


@pytest.mark.parametrize(
    "ranges", [("0.0.0.0/0",), ("198.51.100.0/24", "10.1.2.3/0"), ("0.0.0.0/1", "128.0.0.0/1")]
)
def test_the_whole_world_is_never_let_in_however_it_is_written(ranges: tuple[str, ...]) -> None:
    with pytest.raises(InputRefusedError, match="the whole world") as caught:
        normalize_cidrs(ranges)
    assert "ssh_from:" in caught.value.hint


@pytest.mark.parametrize("wrong", ["300.1.1.1/32", "198.51.100.7/33", "::/0", "here"])
def test_what_is_no_network_is_named(wrong: str) -> None:
    with pytest.raises(InputRefusedError, match="is no IPv4 network"):
        normalize_cidrs((wrong,))


def test_otherwise_it_is_the_callers_own_address() -> None:
    with account() as there:
        assert allowed_cidrs(there.settings) == ("127.0.0.1/32",)


def test_an_address_that_cannot_be_learned_is_refused_with_what_to_set() -> None:
    with pytest.raises(ProviderError, match="address cannot be learned") as caught:
        caller_address("http://127.0.0.1:9")
    assert caught.value.hint.startswith("set `ssh_from:` under `aws:`")


def test_an_answer_that_is_no_address_is_not_taken_for_one() -> None:
    with account() as there, pytest.raises(ProviderError, match="address cannot be learned"):
        caller_address(f"{there.cloud.url}/nowhere")


def test_for_private_hosts_only_the_user_knows_the_range() -> None:
    with pytest.raises(InputRefusedError, match="through a VPN or from inside") as caught:
        allowed_cidrs(AwsSettings(private=True))
    assert "ssh_from:" in caught.value.hint
