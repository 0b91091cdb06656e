"""`load_fleet`: what is read, what wins, and what a wrong file is told."""

from pathlib import Path

import pytest

from orchestrator.config import FleetSpec, load_fleet
from orchestrator.errors import ConfigError, ExitCode
from orchestrator.models import HostRequest, Wishes


def load(tmp_path: Path, text: str, environ: dict[str, str] | None = None, **flags: object) -> FleetSpec:
    file = tmp_path / "fleet.yml"
    file.write_text(text, encoding="utf-8")
    return load_fleet(file, environ=environ or {}, flags={k.replace("__", "."): v for k, v in flags.items()})


def refusal(
    tmp_path: Path, text: str, environ: dict[str, str] | None = None, **flags: object
) -> tuple[str, str]:
    """Cause, its folder taken off, and hint."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, environ, **flags)
    assert caught.value.exit_code is ExitCode.USAGE
    return caught.value.cause.removeprefix(f"{tmp_path}/"), caught.value.hint


@pytest.mark.parametrize("text", ["", "---\n", "# nothing yet\n", "validate:\nhosts:\n"])
def test_a_file_without_values_means_the_defaults(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text) == FleetSpec()


def test_without_a_file_the_working_directory_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_fleet(None, environ={}, flags={}).name == "sandbox"
    Path("fleet.yml").write_text("name: here\n", encoding="utf-8")
    assert load_fleet(None, environ={}, flags={}).name == "here"


def test_environment_wins_over_file_and_flags_win_over_both(tmp_path: Path) -> None:
    text = "name: from-file\nhosts: 2\nvalidate: {epochs: 4, batch_size: 64}\n"
    environ = {"ORCHESTRATE_NAME": "from-env", "ORCHESTRATE_VALIDATE__EPOCHS": "5", "PATH": "/bin"}
    spec = load(tmp_path, text, environ, name="from-flag", cloud=None)
    assert (spec.name, spec.hosts, spec.cloud) == ("from-flag", 2, "sandbox")
    assert (spec.validation.epochs, spec.validation.batch_size) == (5, 64)


def test_the_environment_may_hold_lists_and_role_variables(tmp_path: Path) -> None:
    spec = load(tmp_path, "", {"ORCHESTRATE_ROLES": "[base, datasets]", "ORCHESTRATE_HOSTS": "[{name: ada}]"})
    assert spec.roles == ("base", "datasets")
    assert spec.host_requests == (HostRequest(name="sandbox-ada", distribution="debian-12"),)


def test_an_instance_type_may_be_written_in_any_case(tmp_path: Path) -> None:
    spec = load(tmp_path, "aws: {instance_type: [G5.XLARGE, g4dn.xlarge]}")
    assert spec.aws.instance_type == ("g5.xlarge", "g4dn.xlarge")


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    assert load(tmp_path, "name: lab", {"ORCHESTRATE_NAME": ""}).name == "lab"


def test_hosts_get_names_and_the_fleets_distribution(tmp_path: Path) -> None:
    text = "name: lab\ndistribution: debian-13\nhosts: [{}, {name: ada, distribution: debian-12}]\n"
    assert load(tmp_path, text).host_requests == (
        HostRequest(name="lab-1", distribution="debian-13"),
        HostRequest(name="lab-ada", distribution="debian-12"),
    )


def test_what_is_insisted_on_becomes_wishes(tmp_path: Path) -> None:
    text = 'stack: {tensorflow: "2.15", gpu_memory_mib: 8192}'
    assert load(tmp_path, text).stack.wishes == Wishes(release="2.15", gpu_memory_mib=8192)
    assert load(tmp_path, "stack:", stack__python="3.10").stack.wishes == Wishes(python="3.10")


def test_each_workload_becomes_a_request(tmp_path: Path) -> None:
    requests = load(tmp_path, "validate: {epochs: 2, device: cpu}").validation.requests("tensorflow")
    assert [(r.workload, r.epochs, r.device) for r in requests] == [
        ("smoke", 2, "cpu"),
        ("fashion_mnist", 2, "cpu"),
    ]


@pytest.mark.parametrize(
    ("text", "cause", "hint"),
    [
        ("nmae: x", "fleet.yml:1: nmae: unknown key", "did you mean `name`?"),
        (
            "name: x\nvalidate:\n  device: cpu\n  epoch: 3\n",
            "fleet.yml:4: validate.epoch: unknown key",
            "did you mean `epochs`?",
        ),
        (
            "hosts:\n- name: ada\n- nam: bob\n",
            "fleet.yml:3: hosts[1].nam: unknown key",
            "did you mean `name`?",
        ),
        ("validation: {}", "fleet.yml:1: validation: unknown key", "did you mean `validate`?"),
        (
            "hosts: [{name: a}, {zzz: 1}]",
            "fleet.yml:1: hosts[1].zzz: unknown key",
            "known: name, distribution",
        ),
        ("on: x", "fleet.yml:1: on: unknown key", "known: name, cloud"),
        ("1: x", "fleet.yml:1: 1: unknown key", "known: name, cloud"),
        (
            "cloud: onprm",
            "fleet.yml:1: cloud: 'onprm': input should be 'sandbox', 'onprem' or 'aws'",
            "`onprem`?",
        ),
        ("cloud: gcp", "fleet.yml:1: cloud: 'gcp': input should be", "known: sandbox, onprem, aws"),
        ("roles: [base, dataset]", "fleet.yml:1: roles[1]: 'dataset'", "did you mean `datasets`?"),
        (
            "roles: [base, base]",
            "fleet.yml:1: roles: ['base', 'base']: base is listed twice",
            "Ansible roles",
        ),
        ("roles: base", "fleet.yml:1: roles: 'base': should be a list", "Ansible roles to apply"),
        ("hosts: 0", "fleet.yml:1: hosts: 0: input should be greater than or equal to 1", "1 to 1000"),
        ("hosts: 1001", "fleet.yml:1: hosts: 1001: input should be less than or equal to 1000", "1 to 1000"),
        ("hosts: many", "fleet.yml:1: hosts: 'many': input should be a valid integer", "or a list of hosts"),
        ("hosts: true", "fleet.yml:1: hosts: True: input should be a number", "1 to 1000"),
        ("hosts: []", "fleet.yml:1: hosts: []: tuple should have at least 1 item", "1 to 1000"),
        ("hosts: [{name: a}, {name: a}]", "fleet.yml:1: hosts: ", "a list of hosts"),
        ("name: My Fleet", "fleet.yml:1: name: 'My Fleet': string should match", "lower-case letters"),
        (
            "stack:\n  tensorflow: 2.15\n",
            "fleet.yml:2: stack.tensorflow: 2.15: should be text (quote it)",
            '"2.15"',
        ),
        ("stack: {python: '3'}", "fleet.yml:1: stack.python: '3': string should match", '"3.11"'),
        ("stack: {driver: 580.1}", "fleet.yml:1: stack.driver: 580.1: should be text", '"580"'),
        ("stack: {cuda: twelve}", "fleet.yml:1: stack.cuda: 'twelve': string should match", '"12.4"'),
        ("stack: {builder: pip}", "fleet.yml:1: stack.builder: 'pip'", "known: auto, conda, venv"),
        (
            "stack: {tensorlow: '2.15'}",
            "fleet.yml:1: stack.tensorlow: unknown key",
            "did you mean `tensorflow`?",
        ),
        ("aws: {instance_type: huge}", "fleet.yml:1: aws.instance_type[0]: 'huge'", "g4dn.xlarge"),
        (
            "aws: {kms_key: arn:aws:kms:us-east-1:1:key/x}",
            "fleet.yml:1: aws.kms_key: 'arn:aws:kms:us-east-1:1:key/x': should be the id of a key of KMS",
            "its id, alias/… or ARN",
        ),
        ("name: on", "fleet.yml:1: name: True: should be text (quote it)", "Name of the fleet"),
        (
            "sandbox: docker",
            "fleet.yml:1: sandbox: 'docker': should be a mapping",
            "Settings of `cloud: sandbox`",
        ),
        (
            "validate:\n  min_accuracy: 85\n",
            "fleet.yml:2: validate.min_accuracy: 85: input should be less than or equal to 1",
            "0 to 1",
        ),
        ("vars: {when: 2024-01-01}", "fleet.yml:1: vars.when: datetime.date(2024, 1, 1)", "Role variables"),
        ("a: 1\nb: 2\nc: 3", "fleet.yml:1: a: unknown key", "known: name"),
        ("name: x\nname: y\n", "fleet.yml:2: name: the key stands already on line 1", "keep one"),
        (
            "validate:\n  epochs: 1\n  epochs: 2\n",
            "fleet.yml:3: epochs: the key stands already on line 2",
            "keep one",
        ),
        ("- name: x\n", "fleet.yml:1: not a mapping", "`key: value`"),
        ("name: x\nvalidate:\n\tepochs: 1\n", "fleet.yml:3: found character '\\t'", "never tabs"),
        ("name: [x\n", "fleet.yml:2: ", "indent with spaces"),
        ("name: !secret x", "fleet.yml:1: could not determine a constructor", "indent"),
        ("name: x\x00", "fleet.yml: unacceptable character", "indent"),
        ("a: 1\n---\nb: 2\n", "fleet.yml:2: but found another document", "indent"),
    ],
)
def test_a_wrong_file_is_refused_with_place_and_remedy(
    tmp_path: Path, text: str, cause: str, hint: str
) -> None:
    said, remedy = refusal(tmp_path, text)
    assert said.startswith(cause)
    assert "\n" not in said
    assert hint in remedy


def test_a_section_that_is_no_mapping_is_reported_though_the_environment_reaches_into_it(
    tmp_path: Path,
) -> None:
    cause, _ = refusal(tmp_path, "validate: fast", {"ORCHESTRATE_VALIDATE__EPOCHS": "5"})
    assert cause == "fleet.yml:1: validate: 'fast': should be a mapping of keys to values"


def test_an_alias_to_itself_is_refused(tmp_path: Path) -> None:
    cause, _ = refusal(tmp_path, "vars: {x: &x [*x]}")
    assert cause.startswith("fleet.yml:1: vars.x")


def test_a_merge_key_is_understood(tmp_path: Path) -> None:
    text = "hosts:\n- &first {distribution: debian-13}\n- {<<: *first, name: ada}\n"
    assert {host.distribution for host in load(tmp_path, text).host_requests} == {"debian-13"}


@pytest.mark.parametrize(
    ("environ", "cause", "hint"),
    [
        (
            {"ORCHESTRATE_VALIDATE__EPOCH": "3"},
            "ORCHESTRATE_VALIDATE__EPOCH: unknown key",
            "did you mean `ORCHESTRATE_VALIDATE__EPOCHS`?",
        ),
        (
            {"ORCHESTRATE_HOSTS": "some"},
            "ORCHESTRATE_HOSTS: hosts: 'some': input should be a valid integer",
            "1 to 1000",
        ),
        (
            {"ORCHESTRATE_HOSTS": "[{nam: a}]"},
            "ORCHESTRATE_HOSTS: hosts[0].nam: unknown key",
            "did you mean `name`?",
        ),
        ({"ORCHESTRATE_ROLES": "[base"}, "ORCHESTRATE_ROLES: while parsing a flow sequence", "`[a, b]`"),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name(
    tmp_path: Path, environ: dict[str, str], cause: str, hint: str
) -> None:
    said, remedy = refusal(tmp_path, "hosts: [{name: ada}]", environ)
    assert said == cause
    assert hint in remedy


def test_a_wrong_flag_is_refused_as_such(tmp_path: Path) -> None:
    cause, hint = refusal(tmp_path, "", validate__device="tpu")
    assert cause == "command line: validate.device: 'tpu': input should be 'auto', 'cpu' or 'gpu'"
    assert hint == "did you mean `gpu`?"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes(b"name: caf\xe9\n")
    for name, problem in (
        ("none.yml", "no such file"),
        ("latin.yml", "byte 9 is not UTF-8"),
        (".", "Is a directory"),
    ):
        with pytest.raises(ConfigError) as caught:
            load_fleet(tmp_path / name, environ={}, flags={})
        assert caught.value.cause.endswith(problem)
        assert caught.value.hint
