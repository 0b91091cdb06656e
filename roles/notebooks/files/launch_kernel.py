"""Start a Jupyter kernel in an environment that has no ipykernel: `python launch_kernel.py <folder with ipykernel> -f …`.

Runs in the environment's Python, whichever that is. The environment's own packages come first; nothing is installed.
"""

import runpy
import sys

del sys.path[0]
sys.path.append(sys.argv.pop(1))
runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
