"""What a scrape says of a fresh snapshot, an old one, and none."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gpuhost.exporter.collect import Exporter
from gpuhost.telemetry.snapshot import Snapshot
from tests.unit.gpuhost.exporter.samples import LEASES, SNAPSHOT, read_back


def written(folder: Path, snapshot: Snapshot) -> Exporter:
    (folder / "snapshot.json").write_text(json.dumps(snapshot.as_dict()))
    return Exporter(folder / "snapshot.json", folder / "leases.json")


def test_the_daemons_figures_are_told_with_their_age(tmp_path: Path) -> None:
    found = read_back(written(tmp_path, replace(SNAPSHOT, taken_at=time.time() - 2)).answer())
    ((_, age),) = found["orchestrate_snapshot_age_seconds"]
    assert 2 <= age < 20
    assert "DCGM_FI_DEV_GPU_TEMP" in found
    assert "orchestrate_leases_held" not in found


def test_of_an_old_snapshot_the_age_alone_is_told(tmp_path: Path) -> None:
    found = read_back(written(tmp_path, replace(SNAPSHOT, taken_at=time.time() - 60)).answer())
    assert list(found) == ["orchestrate_snapshot_age_seconds"]


def test_a_snapshot_that_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "snapshot.json").write_text("{")
    assert Exporter(tmp_path / "snapshot.json", tmp_path / "leases.json").answer() == ""


def test_without_a_daemon_it_collects_itself(tmp_path: Path) -> None:
    collections: list[float] = []

    def collected(seconds: float) -> Snapshot:
        collections.append(seconds)
        return replace(SNAPSHOT, taken_at=time.time())

    exporter = Exporter(tmp_path / "none.json", tmp_path / "leases.json", collected)
    assert "DCGM_FI_DEV_GPU_TEMP" in exporter.answer()
    exporter.answer()
    assert collections == [8.0], "two scrapes within a second share a collection"


def test_the_queue_is_told_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "leases.json").write_text(json.dumps(LEASES))
    found = read_back(written(tmp_path, replace(SNAPSHOT, taken_at=time.time())).answer())
    assert found["orchestrate_leases_queued"] == [({"Hostname": "lab-1"}, 2)]


@pytest.mark.parametrize("content", ["", "[]", '{"jobs": 1}', '{"jobs": [{}], "devices": []}'])
def test_a_queue_that_cannot_be_read_hides_no_card(tmp_path: Path, content: str) -> None:
    (tmp_path / "leases.json").write_text(content)
    found = read_back(written(tmp_path, replace(SNAPSHOT, taken_at=time.time())).answer())
    assert "DCGM_FI_DEV_GPU_TEMP" in found
    assert "orchestrate_leases_queued" not in found
