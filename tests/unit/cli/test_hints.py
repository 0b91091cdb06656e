"""What an error says to type is meant for the fleet that the command was about."""

import shlex

import pytest

from orchestrator.cli import cli
from orchestrator.cli.messages.hints import as_command


@pytest.mark.parametrize(
    ("line", "typed", "wanted"),
    [
        ("  try: orchestrate down", "status --name lab", "  try: orchestrate down --name lab"),
        ("  try: orchestrate down", "status --name=lab", "  try: orchestrate down --name lab"),
        ("  try: orchestrate down", "status", "  try: orchestrate down"),
        ("  try: orchestrate down --name x", "up --name lab", "  try: orchestrate down --name x"),
        (
            "  try: `orchestrate down`, then `orchestrate up`",
            "up --name lab --cloud aws --rehearse --hosts 3",
            "  try: `orchestrate down --name lab --cloud aws`, then `orchestrate up --name lab --cloud aws --rehearse --hosts 3`",
        ),
        (
            "  try: orchestrate ssh lab-1 -- cloud-init status --long",
            "up --name lab",
            "  try: orchestrate ssh --name lab lab-1 -- cloud-init status --long",
        ),
        (
            "  try: orchestrate up --yes",
            "up --cloud aws --spot --json",
            "  try: orchestrate up --cloud aws --spot --yes",
        ),
        ("  try: orchestrate doctor", "up --name lab", "  try: orchestrate doctor"),
        (
            "  try: `orchestrate aws-policy` prints it",
            "up --rehearse --fault unauthorized",
            "  try: `orchestrate aws-policy` prints it",
        ),
        ("  try: orchestrate plan", "up --rehearse --fault throttled", "  try: orchestrate plan --rehearse"),
        ("  try: set `zones:` under `aws:`", "up --name lab", "  try: set `zones:` under `aws:`"),
        ("orchestrate did not make these hosts", "down --name lab", "orchestrate did not make these hosts"),
        (
            "  try: orchestrate up",
            "ssh --name lab lab-1 -- run --name x",
            "  try: orchestrate up --name lab",
        ),
        ("  try: orchestrate up", "fly --name lab", "  try: orchestrate up"),
        (
            "  try: orchestrate up",
            "up --config 'my fleet.yml'",
            "  try: orchestrate up --config 'my fleet.yml'",
        ),
    ],
)
def test_a_command_in_an_error_names_what_was_given(line: str, typed: str, wanted: str) -> None:
    assert as_command(line, cli, shlex.split(typed)) == wanted
