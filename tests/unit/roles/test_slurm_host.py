"""What a host of a cluster is found to be."""

import pwd
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.slurm import cards, confinement, host

SHOWN = (
    "NodeName=one CPUs=64 Boards=1 SocketsPerBoard=2 CoresPerSocket=16 ThreadsPerCore=2 RealMemory=515000\n"
    "UpTime=0-07:21:23\n"
)
CARD = {"index": 0, "uuid": "GPU-a", "name": "NVIDIA A100-SXM4-80GB", "minor": 3, "mig_enabled": False}


def test_processors_are_those_that_slurm_sees_and_memory_is_less() -> None:
    found = host.topology(SHOWN, 0)
    assert found == {
        "cpus": 64,
        "sockets": 2,
        "cores": 16,
        "threads": 2,
        "memory_mb": 515000 - 25750,
    }
    assert host.topology(SHOWN, 1000)["memory_mb"] == 750, "a container's limit, of which a quarter is kept"
    assert host.topology("", 0) == {"cpus": 1, "sockets": 1, "cores": 1, "threads": 1, "memory_mb": 0}


def test_versions_are_slurms_own() -> None:
    assert host.upstream("22.05.8-4+deb12u3\n") == "22.05.8"
    assert host.upstream("1:24.11.5-4") == "24.11.5"
    assert host.candidate("slurmd:\n  Installed: (none)\n  Candidate: 22.05.8-4\n") == "22.05.8-4"
    assert host.candidate("slurmd:\n  Candidate: (none)\n") == ""


def test_people_are_who_may_log_in() -> None:
    def account(name: str, uid: int, shell: str = "/bin/bash") -> pwd.struct_passwd:
        return pwd.struct_passwd((name, "x", uid, uid, "", "/", shell))

    accounts = [account("root", 0), account("ann", 1000), account("nobody", 65534), account("bob", 1001)]
    service = account("svc", 1002, "/usr/sbin/nologin")
    assert host.users([*accounts, service]) == {"ann": 1000, "bob": 1001}


def test_a_card_is_told_by_its_device_and_its_kind() -> None:
    found, why = cards.found({"state": "ok", "cards": [CARD]}, {})
    assert (found, why) == (
        [{"name": "gpu", "type": "a100-sxm4-80gb", "files": ["/dev/nvidia3"], "cut": False, "count": 1}],
        "",
    )


def test_a_card_that_is_shared_has_shares_besides() -> None:
    for layouts in ({"0": {"mps": 4}}, {"GPU-a": {"mps": 4}}):
        found, _why = cards.found({"state": "ok", "cards": [CARD]}, layouts)
        assert [each["name"] for each in found] == ["gpu", "mps"]
        assert found[1]["count"] == 4


def test_a_card_that_is_cut_up_is_told_by_its_slices(tmp_path: Path) -> None:
    instance = {"profile": "3g.40gb", "gpu_instance": 1, "compute_instance": 0}
    base = tmp_path / "proc/driver/nvidia/capabilities/gpu3/mig/gi1"
    (base / "ci0").mkdir(parents=True)
    (base / "access").write_text("DeviceFileMinor: 12\nDeviceFileMode: 292\n")
    (base / "ci0/access").write_text("DeviceFileMinor: 13\n")
    cut = {**CARD, "mig_enabled": True, "mig_instances": [instance]}
    found, _why = cards.found({"state": "ok", "cards": [cut]}, {}, tmp_path)
    files = ["/dev/nvidia3", "/dev/nvidia-caps/nvidia-cap12", "/dev/nvidia-caps/nvidia-cap13"]
    assert found == [{"name": "gpu", "type": "3g.40gb", "files": files, "cut": True, "count": 1}]


def test_what_cannot_be_told_is_said() -> None:
    assert cards.found({"state": "driver hangs", "why": "no answer", "cards": []}, {}) == ([], "no answer")
    assert cards.found({}, {}) == ([], "gpuhost does not say")
    assert cards.found({"state": "no card", "cards": []}, {}) == ([], "")
    lost = {**CARD, "minor": None}
    assert cards.found({"state": "ok", "cards": [lost]}, {}) == (
        [],
        "GPU 0 does not say which device it is",
    )


def test_slurm_finds_cards_itself_with_its_plugin_and_the_library_alone(tmp_path: Path) -> None:
    plugin = tmp_path / "usr/lib/x86_64-linux-gnu/slurm-wlm/gpu_nvml.so"
    plugin.parent.mkdir(parents=True)
    plugin.touch()
    assert not cards.plugin_is_there(tmp_path)
    (tmp_path / "usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1").touch()
    assert cards.plugin_is_there(tmp_path)
    plugin.unlink()
    assert not cards.plugin_is_there(tmp_path)


def test_control_groups_are_tried_and_taken_back(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu memory pids\n")
    found = confinement.tried(tmp_path, devices=False)
    assert found == {"usable": True, "version": 2, "devices": False, "swap": True, "why": ""}
    assert [path.name for path in tmp_path.iterdir()] == ["cgroup.controllers"]
    (tmp_path / "cgroup.controllers").write_text("cpu pids\n")
    assert (
        confinement.tried(tmp_path)["why"] == "the kernel gives this host no control over cpuset and memory"
    )


def test_the_first_version_of_control_groups_is_tried_each_by_itself(tmp_path: Path) -> None:
    assert not confinement.tried(tmp_path)["usable"]
    for name in confinement.NEEDED_1:
        (tmp_path / name).mkdir()
    assert confinement.tried(tmp_path) == {
        "usable": True,
        "version": 1,
        "devices": True,
        "swap": False,
        "why": "",
    }
    (tmp_path / "memory").rmdir()
    (tmp_path / "memory").touch()
    assert "memory are mounted" in confinement.tried(tmp_path)["why"]
