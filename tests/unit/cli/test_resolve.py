"""`orchestrate resolve`: the answer, the refusal, the reasons, and what is not imported for them; benchmarks/cli_startup.py measures it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import ExitCode
from tests.unit.cli.typed import typed


def answers(home: Path, *words: str) -> list[dict[str, Any]]:
    said = typed(home, "resolve", *words, "--json")
    found: list[dict[str, Any]] = json.loads(said.stdout)["answers"]
    return found


def test_a_card_gets_a_stack_in_a_few_aligned_lines_and_a_next_step(tmp_path: Path) -> None:
    said = typed(tmp_path, "resolve", "--gpu", "T4", "--tensorflow", "2.21")
    assert said.returncode == ExitCode.OK, said.stderr
    first, *rows, last = said.stdout.splitlines()
    assert first == "Tesla T4 on debian-12, x86_64"
    assert {"driver", "CUDA", "cuDNN", "TensorFlow", "Python"} <= {row.split()[0] for row in rows}
    assert len({len(row) - len(row[2:].partition("  ")[2].lstrip()) for row in rows}) == 1, "aligned"
    assert last.startswith("next: orchestrate up --cloud onprem --tensorflow 2.21")


def test_what_cannot_work_is_refused_with_two_facts_and_commands_to_type(tmp_path: Path) -> None:
    said = typed(tmp_path, "resolve", "--gpu", "Tesla K80", "--tensorflow", "2.15")
    assert said.returncode == ExitCode.USAGE
    assert said.stderr == ""
    cause, *rest = said.stdout.splitlines()
    assert cause == "refused: Tesla K80 on debian-12, x86_64 with TensorFlow 2.15"
    hints = [line for line in rest if line.startswith("  try: ")]
    facts, sources = rest[0:4:2], rest[1:4:2]
    assert "3.7" in facts[0]
    assert "TensorFlow 2.15" in facts[1]
    assert all(source.startswith("    by ") for source in sources)
    assert rest[4:] == hints
    assert hints[0].startswith("  try: orchestrate resolve --gpu 'Tesla K80' --tensorflow 2.14")


def test_a_way_out_that_is_typed_works(tmp_path: Path) -> None:
    assert typed(tmp_path, "resolve", "--gpu", "Tesla K80", "--tensorflow", "2.14").returncode == ExitCode.OK


def test_the_chain_is_told_fact_by_fact_with_confidence_and_source(tmp_path: Path) -> None:
    said = typed(tmp_path, "resolve", "--gpu", "Tesla K80", "--tensorflow", "2.15", "--explain").stdout
    chain = said.partition("\nrefused: ")[0].splitlines()[1:]
    assert {fact.split()[0] for fact in chain[::2]} <= {"high", "medium", "low"}
    assert all(source.split()[0] == "by" for source in chain[1::2])
    assert "has compute capability 3.7" in chain[0]


def test_an_instance_type_that_is_retired_is_refused_and_the_nearest_named(tmp_path: Path) -> None:
    said = typed(tmp_path, "resolve", "--instance-type", "p3.2xlarge", "--tensorflow", "2.20")
    assert said.returncode == ExitCode.USAGE
    assert "refused: p3.2xlarge with TensorFlow 2.20" in said.stdout
    assert "AWS retired p3.2xlarge by 2025-12-20" in said.stdout
    assert "  try: orchestrate resolve --tensorflow 2.20 --instance-type g4dn.xlarge" in said.stdout
    assert "  try: orchestrate resolve --tensorflow 2.20 --gpu 'Tesla V100-SXM2-16GB'" in said.stdout


def test_an_instance_type_is_its_cards(tmp_path: Path) -> None:
    (answer,) = answers(tmp_path, "--instance-type", "g4dn.12xlarge")
    assert answer["stack"]["hardware"]["gpus"] == ["Tesla T4"] * 4
    said = typed(tmp_path, "resolve", "--instance-type", "g4dn.12xlarge").stdout
    assert said.splitlines()[0] == "g4dn.12xlarge: 4 x Tesla T4 on ubuntu-24.04, x86_64"
    assert "next: orchestrate plan --cloud aws --instance-type g4dn.12xlarge" in said


def test_what_rests_on_hearsay_is_unsure(tmp_path: Path) -> None:
    (answer,) = answers(tmp_path, "--gpu", "B200")
    assert answer["unsure"]
    assert "  unsure " in typed(tmp_path, "resolve", "--gpu", "B200").stdout


def test_json_is_one_object_for_a_stack_and_for_a_refusal(tmp_path: Path) -> None:
    (fits,) = answers(tmp_path, "--gpu", "T4")
    assert fits["resolved"]
    assert fits["refusal"] is None
    assert fits["stack"]["release"]
    (refused,) = answers(tmp_path, "--gpu", "Tesla K80", "--tensorflow", "2.15")
    assert not refused["resolved"]
    assert refused["stack"] is None
    assert len(refused["refusal"]["contradiction"]) == 2


def test_without_a_card_it_is_for_the_cpu(tmp_path: Path) -> None:
    (answer,) = answers(tmp_path, "--distribution", "debian-13")
    assert answer["stack"]["driver"] is None
    assert answer["stack"]["hardware"] == {"gpus": [], "distribution": "debian-13", "architecture": "x86_64"}


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("--gpu", "Tesla K8O"), "no GPU is known as 'Tesla K8O'"),
        (("--instance-type", "g4dn.xlrge"), "no EC2 type with a GPU is known as 'g4dn.xlrge'"),
        (("--gpu", "T4", "--instance-type", "g4dn.xlarge"), "each name the hardware"),
        (("--distribution", "debian-11"), "no distribution is known as 'debian-11'"),
        (("--host", "nobody", "--cloud", "onprem"), "inventories/lab"),
    ],
)
def test_what_does_not_exist_is_a_usage_error_with_a_hint(
    tmp_path: Path, words: tuple[str, ...], cause: str
) -> None:
    said = typed(tmp_path, "resolve", *words)
    assert said.returncode in {ExitCode.USAGE, ExitCode.PROVIDER}
    assert cause in said.stderr
    assert "  try: " in said.stderr


def test_a_card_and_a_type_need_no_option_and_a_count_is_understood(tmp_path: Path) -> None:
    assert typed(tmp_path, "resolve", "T4").stdout.startswith("Tesla T4 on ")
    assert typed(tmp_path, "resolve", "g4dn.xlarge").stdout.startswith("g4dn.xlarge: Tesla T4 on ")
    (eight,) = answers(tmp_path, "8xB200")
    assert typed(tmp_path, "resolve", "--gpu", "T4", "--count", "65").returncode == ExitCode.USAGE
    (four,) = answers(tmp_path, "--gpu", "T4", "--count", "4")
    assert eight["stack"]["hardware"]["gpus"] == ["B200"] * 8
    assert four["stack"]["hardware"]["gpus"] == ["Tesla T4"] * 4


def test_a_way_out_names_the_card_that_was_typed_without_an_option(tmp_path: Path) -> None:
    said = typed(tmp_path, "resolve", "K80", "--tensorflow", "2.15").stdout
    assert "  try: orchestrate resolve --gpu K80 --tensorflow 2.14" in said
    assert "  try: orchestrate resolve --tensorflow 2.15 --gpu 'Tesla T4'" in said


def test_what_nobody_said_or_read_is_listed_as_assumed(tmp_path: Path) -> None:
    (named,) = answers(tmp_path, "T4")
    (assumed,) = named["assumed"]
    assert "an x86_64 host" in assumed
    assert "Secure Boot off" in assumed
    (said,) = answers(tmp_path, "T4", "--distribution", "noble", "--architecture", "amd64")
    assert said["assumed"] == ["a kernel of the distribution, Secure Boot off; `--host` reads it from a host"]
    assert said["stack"]["hardware"]["distribution"] == "ubuntu-24.04"


def test_the_fleet_file_is_read_and_flags_win_over_it(tmp_path: Path) -> None:
    (tmp_path / "fleet.yml").write_text(
        "distribution: debian-13\nstack: {tensorflow: '2.16', builder: venv, driver: '595'}\n",
        encoding="utf-8",
    )
    (of_file,) = answers(tmp_path, "T4", "--tensorflow", "2.20")
    assert of_file["stack"]["hardware"]["distribution"] == "debian-13"
    assert of_file["stack"]["release"] == "2.20.0"
    assert of_file["stack"]["driver"]["branch"] == "595"
    assert of_file["stack"]["builder"] == "venv"
    refused = typed(tmp_path, "resolve", "K80", "--distribution", "debian-12")
    assert "with TensorFlow 2.16 and driver 595" in refused.stdout


def test_modules_and_source_of_the_driver_may_be_wished(tmp_path: Path) -> None:
    (answer,) = answers(tmp_path, "T4", "--distribution", "debian-12", "--flavour", "open")
    assert (answer["stack"]["driver"]["flavour"], answer["stack"]["driver"]["source"]) == (
        "open",
        "nvidia_repo",
    )
    said = typed(tmp_path, "resolve", "V100", "--flavour", "open", "--distribution", "debian-12")
    assert said.returncode == ExitCode.USAGE
    assert "open kernel modules are wished" in said.stdout
    assert "--flavour proprietary" in said.stdout


def test_an_answer_imports_nothing_heavy() -> None:
    words = ("resolve", "--gpu", "Tesla K80", "--tensorflow", "2.14", "--explain")
    program = (
        "import sys\nfrom orchestrator.cli import cli\n"
        f"cli.main({list(words)!r}, standalone_mode=False)\nprint(sorted(sys.modules), file=sys.stderr)"
    )
    loaded = subprocess.run((sys.executable, "-c", program), check=True, capture_output=True, text=True)
    assert not [name for name in ("pydantic", "yaml", "rich", "fabric") if f"'{name}'" in loaded.stderr]
