"""First thing inside the walls: says that it began, bounds the number of processes, becomes the module asked for.

The bound is set in here: where a child has no user of its own, outside it would count all processes of the agent's.
Nothing is collected until the module's own part begins (`inside.run`): what it imports stays anyway.
"""

from __future__ import annotations

import gc
import os
import resource
import runpy
import sys


def main(processes_max: int, module: str) -> None:
    """Run `module` as `python -m` does; its arguments are what is left in `sys.argv`."""
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    value = processes_max if hard == resource.RLIM_INFINITY else min(processes_max, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (value, value))
    os.write(1, b"\n")
    gc.disable()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    bound, name = sys.argv[1:3]
    del sys.argv[1:3]
    main(int(bound), name)
