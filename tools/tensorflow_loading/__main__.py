"""The command line of the tool: which releases are asked, one after the other, and the table written after each."""

import argparse
import datetime as dt
import tempfile
from collections.abc import Sequence
from pathlib import Path

from orchestrator.catalog import Catalog, load
from orchestrator.catalog.catalog import DATA
from orchestrator.catalog.frameworks.loading import TensorFlowLoading
from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.names import version
from orchestrator.catalog.reader import read
from tools import tensorflow_loading
from tools.tensorflow_loading import table
from tools.tensorflow_loading.layout import NoLoaderError
from tools.tensorflow_loading.trial import Trial, tried
from tools.tensorflow_loading.wheels import NoWheelError

TARGET = DATA / "tensorflow_loading.csv"
OLDEST = (3, 9)
"""The oldest Python that an environment is made with."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code: 1 where a release could not be asked."""
    parser = argparse.ArgumentParser(description=tensorflow_loading.__doc__.splitlines()[0])
    parser.add_argument("releases", nargs="*", help="versions of the catalog; all when left out")
    parser.add_argument("--missing", action="store_true", help="only those that have no row yet")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "tensorflow_loading"))
    parser.add_argument("--target", type=Path, default=TARGET, help="the table")
    options = parser.parse_args(arguments)
    done = read(TensorFlowLoading, options.target) if options.target.is_file() else ()
    skipped = {row.tensorflow for row in done} if options.missing else set()
    today = dt.datetime.now(dt.UTC).date().isoformat()
    failed = False
    for release in _chosen(load(), options.releases):
        if release.release in skipped:
            continue
        trials, problems = _asked(release, options.folder)
        failed = failed or bool(problems)
        done = table.merged(done, table.rows(release, trials, today))
        options.target.write_text(table.text(done), encoding="utf-8")
    return int(failed)


def _chosen(catalog: Catalog, wanted: Sequence[str]) -> tuple[FrameworkRelease, ...]:
    """Newest first: what the resolver takes first is known first."""
    return tuple(
        release
        for release in reversed(catalog.tensorflow)
        if (not wanted or release.release in wanted) and _pythons(release)
    )


def _pythons(release: FrameworkRelease) -> tuple[str, ...]:
    return tuple(python for python in release.pythons if version(python) >= OLDEST)


def _asked(release: FrameworkRelease, folder: Path) -> tuple[dict[str, Trial], list[str]]:
    """What came out for each Python, and what stood in the way."""
    trials: dict[str, Trial] = {}
    problems: list[str] = []
    for python in _pythons(release):
        try:
            trials[python] = tried(release, python, folder)
            said = trials[python]
            print(f"{release.release} {python}: {said.outcome} {' '.join(said.missing)}", flush=True)
        except (NoLoaderError, NoWheelError, OSError) as error:
            problems.append(str(error))
            print(f"{release.release} {python}: {type(error).__name__}: {error}", flush=True)
    return trials, problems


if __name__ == "__main__":
    raise SystemExit(main())
