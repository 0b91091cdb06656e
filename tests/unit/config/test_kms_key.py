"""`kms_key:` under `aws:` takes each form that EC2 takes, and nothing else."""

from pathlib import Path

import pytest

from orchestrator.config import load_fleet


@pytest.mark.parametrize(
    "key",
    [
        "",
        "alias/lab",
        "0a1b2c3d-0000-1111-2222-0123456789ab",
        "mrk-0123456789abcdef0123456789abcdef",
        "arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/lab/disks",
        "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-1111-2222-0123456789ab",
    ],
)
def test_a_key_of_kms_is_named_in_any_of_its_forms(tmp_path: Path, key: str) -> None:
    file = tmp_path / "fleet.yml"
    file.write_text(f'aws: {{kms_key: "{key}"}}', encoding="utf-8")
    assert load_fleet(file, environ={}, flags={}).aws.kms_key == key
