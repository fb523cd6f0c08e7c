"""Makes the filter of the list: `python -m agents.sandbox.seccomp.make` writes the file that is shipped (with the extra
`dev`, on x86-64); the digest that it prints belongs into `load.py`."""

from __future__ import annotations

import errno
import hashlib
import tempfile
from typing import BinaryIO, cast

from agents.sandbox.seccomp import load
from agents.sandbox.seccomp.rules import ALLOWED, IOCTLS, NAMESPACE_FLAGS, REFUSED


def made() -> bytes:
    """The filter as classic BPF, instruction by instruction (8 bytes each), for `seccomp(2)`.

    Raises:
        ImportError: pyseccomp or libseccomp is not installed.
    """
    import pyseccomp as seccomp

    # What is not named does not exist: libraries then take the older call that they know how to do without.
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    for name in ALLOWED:
        rules.add_rule(seccomp.ALLOW, name)
    for name in REFUSED:
        rules.add_rule(seccomp.ERRNO(errno.EPERM), name)
    # Of the flags and requests the kernel looks at 32 bits only: so must we, or the upper ones let anything through.
    rules.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, NAMESPACE_FLAGS, 0))
    for request in IOCTLS.values():
        rules.add_rule(seccomp.ALLOW, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, request))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(cast(BinaryIO, file))
        file.seek(0)
        return file.read()


if __name__ == "__main__":
    program = made()
    load.FILE.write_bytes(program)
    print(f"{len(program) // 8} instructions, sha256 {hashlib.sha256(program).hexdigest()}")
