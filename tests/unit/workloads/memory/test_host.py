"""What memory is left is what the tightest control group leaves, not what the computer has."""

from pathlib import Path

import pytest

from workloads.memory.host import available, forget_peak, held, peak

GIB = 2**30


def meminfo(root: Path, available_kib: int) -> None:
    (root / "proc/self").mkdir(parents=True)
    text = f"MemTotal:       32768000 kB\nMemFree:          100000 kB\nMemAvailable:   {available_kib} kB\n"
    (root / "proc/meminfo").write_text(text, encoding="ascii")


def group(root: Path, path: str, files: dict[str, str]) -> None:
    folder = root / "sys/fs/cgroup" / path
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="ascii")


def test_without_control_groups_it_is_what_the_kernel_says(tmp_path: Path) -> None:
    meminfo(tmp_path, 4 * 2**20)
    there = available(tmp_path)
    assert (there.bytes, there.source) == (4 * GIB, "MemAvailable")


def test_the_limit_of_a_group_above_counts_and_cached_files_are_free(tmp_path: Path) -> None:
    meminfo(tmp_path, 16 * 2**20)
    (tmp_path / "proc/self/cgroup").write_text("0::/box/job\n", encoding="ascii")
    group(tmp_path, "box", {"memory.max": f"{6 * GIB}\n", "memory.current": f"{5 * GIB}\n"})
    group(tmp_path, "box", {"memory.stat": f"anon 1\ninactive_file {GIB}\n"})
    group(tmp_path, "box/job", {"memory.max": "max\n", "memory.current": f"{GIB}\n"})
    there = available(tmp_path)
    assert (there.bytes, there.source) == (2 * GIB, "cgroup /box")


def test_a_container_that_is_shown_its_own_group_as_the_top_is_limited_by_it(tmp_path: Path) -> None:
    meminfo(tmp_path, 16 * 2**20)
    (tmp_path / "proc/self/cgroup").write_text("0::/\n", encoding="ascii")
    group(tmp_path, ".", {"memory.max": f"{2 * GIB}\n", "memory.current": f"{GIB}\n"})
    there = available(tmp_path)
    assert (there.bytes, there.source) == (GIB, "cgroup /")


def test_version_1_is_read_by_its_names_and_its_lack_of_a_limit_is_none(tmp_path: Path) -> None:
    meminfo(tmp_path, 16 * 2**20)
    lines = "5:cpu,cpuacct:/docker/ab\n4:memory:/docker/ab\n"
    (tmp_path / "proc/self/cgroup").write_text(lines, encoding="ascii")
    unlimited = {"memory.limit_in_bytes": "9223372036854771712\n", "memory.usage_in_bytes": "1\n"}
    group(tmp_path, "memory", unlimited)
    limited = {"memory.limit_in_bytes": f"{3 * GIB}", "memory.usage_in_bytes": f"{GIB}"}
    group(tmp_path, "memory/docker/ab", limited)
    there = available(tmp_path)
    assert (there.bytes, there.source) == (2 * GIB, "cgroup /docker/ab")


def test_a_group_over_its_limit_leaves_nothing(tmp_path: Path) -> None:
    meminfo(tmp_path, 16 * 2**20)
    (tmp_path / "proc/self/cgroup").write_text("0::/\n", encoding="ascii")
    group(tmp_path, ".", {"memory.max": f"{GIB}\n", "memory.current": f"{2 * GIB}\n"})
    assert available(tmp_path).bytes == 0


def test_a_kernel_that_does_not_say_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 1 kB\n", encoding="ascii")
    with pytest.raises(ValueError, match="MemAvailable"):
        available(tmp_path)


def test_the_peak_of_this_process_rises_with_what_it_takes_and_is_forgotten_when_asked() -> None:
    root, size = Path("/"), 64 * 2**20
    taken = bytearray(size)
    assert peak(root) >= held(root) - 2**20 > size
    del taken
    assert forget_peak(root)
    assert peak(root) < held(root) + size // 2
