"""Pictures and other files that jobs made, on the pages of report and bench."""

from dataclasses import replace
from pathlib import Path

from orchestrator.jobs.outputs import outputs_folder
from orchestrator.models import OutputFile
from orchestrator.pages.pictures import made_files
from orchestrator.stages.report import render_html
from tests.unit.stages.proofs import run
from tests.unit.stages.records import record

PICTURE = OutputFile(
    name="graph.png", about="the network's graph", media_type="image/png", bytes=3, sha256=""
)
MODEL = OutputFile(name="model.keras", about="the model", media_type="application/zip", bytes=5, sha256="")


def lay(folder: Path, *files: OutputFile) -> None:
    for file in files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(file.bytes))


def test_a_picture_stands_in_the_page_and_another_file_is_a_link(tmp_path: Path) -> None:
    made = replace(run(), files=(PICTURE, MODEL))
    lay(tmp_path / outputs_folder(made.host, "smoke"), PICTURE, MODEL)
    page = render_html(record(made), tmp_path)
    assert '<img class="made" src="data:image/png;base64,AAAA" alt="the network&#39;s graph"' in page
    assert '<a href="outputs/sandbox-1-smoke/model.keras">the model</a><span>1 KiB</span>' in page
    assert "What the jobs made" not in render_html(record(run()), tmp_path)


def test_a_file_that_has_gone_since_is_not_shown(tmp_path: Path) -> None:
    assert made_files((PICTURE,), tmp_path, tmp_path) == ()


def test_what_a_host_calls_a_picture_is_shown_as_one_only_where_it_is_safe(tmp_path: Path) -> None:
    page = replace(PICTURE, name="page.html", media_type="text/html")
    large = replace(PICTURE, name="large.png", bytes=2 * 2**20 + 1)
    lay(tmp_path, page, large)
    assert [made.source for made in made_files((page, large), tmp_path, tmp_path)] == ["", ""]


def test_pictures_stop_where_a_page_would_be_too_large(tmp_path: Path) -> None:
    files = tuple(replace(PICTURE, name=f"{number}.png", bytes=2 * 2**20) for number in range(5))
    lay(tmp_path, *files)
    assert [bool(made.source) for made in made_files(files, tmp_path, tmp_path)] == [True] * 4 + [False]
