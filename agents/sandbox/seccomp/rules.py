"""The list: calls that are allowed, calls that are refused aloud; whatever is not named does not exist (ENOSYS).

Default-deny: Python, PyTorch's exporters and ONNX Runtime on the CPU need about fifty of the allowed ones. Nothing here
opens a connection, keeps bytes in memory where nobody counts them (memfd), makes a namespace, mounts, traces another
process, or changes who one is.
"""

from __future__ import annotations

NAMESPACE_FLAGS = 0x7E020000
"""CLONE_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET."""

IOCTLS = {
    "TCGETS": 0x5401,
    "TIOCGWINSZ": 0x5413,
    "FIONREAD": 0x541B,
    "FIONBIO": 0x5421,
    "FIONCLEX": 0x5450,
    "FIOCLEX": 0x5451,
}
"""Allowed requests; TIOCSTI, which types into a terminal, is not among them."""

_FILES = """
    access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
    fallocate fchdir fchmod fchmodat fchown fchownat fcntl fdatasync flock fstat fstatfs fsync ftruncate futimesat
    getcwd getdents getdents64 getxattr fgetxattr lgetxattr link linkat listxattr llistxattr flistxattr lseek lstat
    mkdir mkdirat newfstatat open openat pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead
    readlink readlinkat readv rename renameat renameat2 rmdir sendfile splice stat statfs statx symlink symlinkat
    sync_file_range tee truncate umask unlink unlinkat utime utimensat utimes write writev
"""
_MEMORY = """
    brk get_mempolicy madvise membarrier mincore mlock mmap mprotect mremap msync munlock munmap
"""
_PROCESSES = """
    alarm arch_prctl capget execve exit exit_group fork futex futex_waitv get_robust_list getcpu getegid geteuid getgid
    getgroups getitimer getpgid getpgrp getpid getppid getpriority getresgid getresuid getrlimit getrusage getsid gettid
    getuid kill pause prctl prlimit64 restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn
    rt_sigsuspend rt_sigtimedwait sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getparam
    sched_getscheduler sched_setaffinity sched_yield set_robust_list set_tid_address setitimer setpgid setpriority
    setrlimit setsid sigaltstack tgkill tkill vfork wait4 waitid
"""
_REST = """
    clock_getres clock_gettime clock_nanosleep epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd
    eventfd2 getrandom gettimeofday nanosleep poll ppoll pselect6 select signalfd signalfd4 sysinfo time timer_create
    timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times uname
"""
ALLOWED = tuple(f"{_FILES} {_MEMORY} {_PROCESSES} {_REST}".split())

_REFUSED = """
    accept accept4 acct add_key adjtimex bind bpf chroot clock_adjtime clock_settime connect delete_module finit_module
    fsconfig fsmount fsopen fspick getpeername getsockname getsockopt init_module io_uring_enter io_uring_register
    io_uring_setup ioperm iopl kexec_file_load kexec_load keyctl listen mknod mknodat mount mount_setattr move_mount
    name_to_handle_at open_by_handle_at open_tree perf_event_open personality pidfd_getfd pidfd_open pivot_root
    process_vm_readv process_vm_writev ptrace quotactl reboot recvfrom recvmmsg recvmsg request_key sendmmsg sendmsg
    sendto setdomainname setgid setgroups sethostname setns setregid setresgid setresuid setreuid setsockopt
    settimeofday setuid shutdown socket socketpair swapoff swapon syslog umount2 unshare userfaultfd vhangup
"""
REFUSED = tuple(_REFUSED.split())
"""Answered with EPERM: what people and tests look for must fail as forbidden, not as unknown."""
