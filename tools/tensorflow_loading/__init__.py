"""Which GPU libraries each release of TensorFlow finds where they are put, asked of its own loader.

    python -m tools.tensorflow_loading                     every release of the catalog that has a wheel for Python 3.9 or newer
    python -m tools.tensorflow_loading 2.20.0 2.21.0       these
    python -m tools.tensorflow_loading --missing           those that the catalog has no row of
    python -m tools.tensorflow_loading --folder FOLDER     with the work in this folder, which is emptied after each release

The result goes into `orchestrator/catalog/data/tensorflow_loading.csv`, a row for each outcome of a release. How it is found,
and what that does not show, is in docs/catalog.md. Needs pip's package index, a C compiler, and 200 MB of disk.
"""
