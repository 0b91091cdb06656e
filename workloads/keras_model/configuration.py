"""Print the configuration of a model that a function makes: `python -m workloads.keras_model.configuration module:function`.

Runs in an environment with Keras, which settles every shape; trains nothing and reads no weights.
"""

import importlib
import os
import sys


def main(named: str) -> None:
    """Print the JSON of the model on the last line. Lets every error of the module and of Keras through."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # nothing is computed
    sys.path.insert(0, os.getcwd())  # noqa: PTH109  as Python's own -m does; a string is wanted
    module, _, function = named.partition(":")
    model = getattr(importlib.import_module(module), function)()
    print(f"\n{model.to_json()}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
