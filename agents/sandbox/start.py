"""First thing inside the walls: bounds the number of processes, then becomes the module that was asked for.

In here and not before: outside it would count all processes of an agent that is an ordinary user.
"""

from __future__ import annotations

import resource
import runpy
import sys


def main(processes_max: int, module: str) -> None:
    """Run `module` as `python -m` does; its arguments are what is left in `sys.argv`."""
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    value = processes_max if hard == resource.RLIM_INFINITY else min(processes_max, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (value, value))
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    bound, name = sys.argv[1:3]
    del sys.argv[1:3]
    main(int(bound), name)
