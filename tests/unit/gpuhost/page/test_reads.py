"""What the host's page reads, from files as they are on hosts."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gpuhost import systemd
from gpuhost.page import records, system, values

SESSION = """\
# This is private data. Do not parse.
UID=1000
USER=ada
ACTIVE=1
STATE=active
REMOTE=1
TYPE=tty
CLASS=user
REALTIME=1795262400000000
"""
MOUNTS = """\
/dev/nvme0n1p1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
tmpfs /run tmpfs rw 0 0
/dev/nvme1n1 /data\\040sets xfs rw 0 0
filer:/export /home nfs4 rw 0 0
/dev/loop3 /snap/core squashfs ro 0 0
/dev/nvme0n1p1 {file} ext4 rw 0 0
"""
LIFETIME = {
    "spent_seconds": 41400,
    "cost_usd": 18.745,
    "limits": {"max_hours": 12.0, "price_usd_per_hour": 1.63, "idle_minutes": 60.0},
    "extensions": [],
    "ends_at": "2026-11-21T12:30:00+00:00",
    "reason": "12 hours in all",
    "idle_seconds": 0,
    "idle_limit_seconds": 3600,
    "last_end": None,
}
CERTIFICATE = {
    "fleet": "lab",
    "verdict": "PASS",
    "headline": "PASS (CPU-only): lab-1 trained Fashion-MNIST to 0.896 at 32,426 images/s",
    "cpu_only": True,
    "issued_at": "2026-11-21T11:00:01.821350Z",
    "reasons": ["all 22 checks passed"],
    "checks": [
        {"host": "lab-1", "name": "devices_listed", "seen": "CPU:0"},
        {"host": "lab-1", "name": "throughput_measured", "seen": "32,426 images/s"},
        {"host": "lab-1", "name": "test_accuracy", "seen": "0.8957"},
    ],
}
UNITS = """\
Id=orchestrate-vnc@ada.service
ActiveState=active

Id=orchestrate-jupyter@ada.service
ActiveState=failed
"""


def test_somebody_with_two_sessions_is_one_person_since_the_first() -> None:
    later = SESSION.replace("1795262400", "1795266000")
    noon = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert system.logged_in([later, SESSION]) == (values.Person(name="ada", since=noon, sessions=2),)


@pytest.mark.parametrize(
    ("given", "changed"), [("CLASS=user", "CLASS=manager"), ("STATE=active", "STATE=closing")]
)
def test_a_manager_and_a_session_that_ends_are_nobody(given: str, changed: str) -> None:
    assert system.logged_in([SESSION.replace(given, changed)]) == ()


def test_only_file_systems_that_keep_files_count_as_disks(tmp_path: Path) -> None:
    file = tmp_path / "hostname"
    file.touch()
    assert list(system.places(MOUNTS.format(file=file))) == ["/", "/data sets", "/home"]


def test_the_disks_of_this_computer_have_room_and_are_told_once() -> None:
    disks = system.disks()
    assert {disk.place for disk in disks} >= {"/"}
    assert all(0 <= disk.free <= disk.total for disk in disks)


def test_processors_are_compared_with_the_page_before() -> None:
    first = system.cpu_times("cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3\n")
    second = system.cpu_times("cpu  160 0 140 790 110 0 0 0 0 0\ncpu0 1 2 3\n")
    assert (first, second) == ((200, 1000), (300, 1200))
    assert system.busy(first, second) == 50


@pytest.mark.parametrize("before", [None, (200, 1000), (900, 9000)], ids=["first", "same", "restarted"])
def test_the_first_page_after_a_start_tells_no_use_of_processors(before: tuple[int, int] | None) -> None:
    assert system.busy(before, (200, 1000)) is None


def test_this_computer_is_told_whole() -> None:
    machine, _ = system.machine(None)
    assert machine.system
    assert machine.kernel
    assert machine.processors >= 1
    assert 0 < machine.memory_used < machine.memory_total
    assert machine.up_since < datetime.now(UTC)


def test_versions_are_read_from_metadata_without_an_import(tmp_path: Path) -> None:
    packages = tmp_path / "default/lib/python3.11/site-packages"
    for name in (
        "tensorflow-2.21.0",
        "keras-3.15.0",
        "nvidia_cuda_runtime_cu12-12.9.79",
        "nvidia_cudnn_cu12-9.10.2.21",
        "six-1.17.0",
    ):
        (packages / f"{name}.dist-info").mkdir(parents=True)
    (tmp_path / ".building/lib/python3.11/site-packages").mkdir(parents=True)
    (tmp_path / "notes").mkdir()
    versions = (("TensorFlow", "2.21.0"), ("Keras", "3.15.0"), ("CUDA", "12.9.79"), ("cuDNN", "9.10.2.21"))
    expected = values.Environment(name="default", python="3.11", packages=versions)
    assert records.environments(tmp_path) == (expected,)


def test_a_host_without_environments_says_which_role_makes_them(tmp_path: Path) -> None:
    told = records.environments(tmp_path / "envs")
    assert isinstance(told, values.Missing)
    assert f"no training environment in {tmp_path / 'envs'}" in told.reason
    assert "ml_env" in told.reason


def test_limits_are_read_from_what_their_program_prints() -> None:
    told = records.parse_lifetime(json.dumps(LIFETIME))
    assert told.ends_at == datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
    assert (told.cost_usd, told.reason, told.idle_limit_s) == (18.745, "12 hours in all", 3600.0)


def test_a_host_without_limits_has_no_end() -> None:
    nothing = {"cost_usd": None, "ends_at": None, "reason": None, "idle_limit_seconds": None}
    told = records.parse_lifetime(json.dumps(LIFETIME | nothing))
    assert (told.ends_at, told.cost_usd, told.idle_limit_s) == (None, None, None)


def test_the_training_certificate_tells_what_was_measured(tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(CERTIFICATE))
    told = records.training(file)
    assert isinstance(told, values.Training)
    assert (told.verdict, told.accuracy, told.images_per_s, told.report) == (
        "PASS",
        "0.8957",
        "32,426",
        False,
    )
    (tmp_path / "report.html").touch()
    assert records.training(file) == replace(told, report=True)


def test_a_training_certificate_that_the_host_looked_at_comes_with_what_it_found(tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(CERTIFICATE))
    (tmp_path / "standing.json").write_text("{}")
    told = records.training(file)
    assert isinstance(told, values.Training)
    assert told.standing is not None
    assert told.standing.state == "unknown", "what cannot be read does not hold"


def test_a_host_that_was_never_validated_says_how_it_is_done(tmp_path: Path) -> None:
    told = records.training(tmp_path / "certificate.json")
    assert isinstance(told, values.Missing)
    assert "orchestrate validate" in told.reason


def test_the_web_certificate_is_read_with_its_last_failure(tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    status = {
        "names": ["gpu.example.org"],
        "issuer": "CN=gpu.example.org",
        "self_signed": True,
        "not_after": None,
        "last_failure": "the name leads to 192.0.2.7",
    }
    file.write_text(json.dumps(status))
    told = records.tls(file)
    assert isinstance(told, values.Tls)
    assert (told.names, told.self_signed, told.ends_at) == (("gpu.example.org",), True, None)
    assert told.problem == "the name leads to 192.0.2.7"


def test_states_of_units_are_read_by_their_names() -> None:
    states = {"orchestrate-vnc@ada.service": "active", "orchestrate-jupyter@ada.service": "failed"}
    assert {unit["Id"]: unit["ActiveState"] for unit in systemd.shown_units(UNITS)} == states


@pytest.mark.parametrize(
    "path", ["javascript:alert(1)", "//elsewhere.example.org/", "https://elsewhere.example.org"]
)
def test_a_tool_that_leads_off_this_server_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no path on this web server"):
        records.address(path)


def test_tools_without_units_need_no_answer_of_systemd(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"title": "Handbook", "path": "/handbook/a b"}]')
    assert records.tools(tmp_path) == (
        values.Tool(title="Handbook", path="/handbook/a%20b", description="", units=()),
    )
    none = records.tools(tmp_path / "none")
    assert isinstance(none, values.Missing)
    assert "switched on" in none.reason
