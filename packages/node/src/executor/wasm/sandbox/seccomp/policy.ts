import type { SyscallName } from './syscalls.ts'

/**
 * What a runner may ask the kernel for: what Node needs to start, to compile and run a program in memory, and to read and
 * write the pipes it was given. Reviewed by reading: a call belongs here only if the runner cannot do without it.
 *
 * Everything that is named nowhere is answered as if the kernel did not have it, which libraries are written to live with.
 */
export const ALLOWED: readonly SyscallName[] = [
  // Memory. The engine writes machine code, so pages may become executable.
  ...(['mmap', 'munmap', 'mprotect', 'mremap', 'madvise', 'brk', 'membarrier'] as const),
  // Threads of this process, and time.
  ...(['futex', 'sched_yield', 'sched_getaffinity', 'sched_getparam', 'sched_getscheduler'] as const),
  ...(['getpriority', 'setpriority', 'set_robust_list', 'set_tid_address', 'rseq', 'gettid'] as const),
  ...(['clock_gettime', 'clock_getres', 'clock_nanosleep', 'nanosleep', 'gettimeofday', 'time'] as const),
  ...(['getrandom', 'times', 'getrusage', 'exit', 'exit_group'] as const),
  // Signals to itself: how the engine aborts when its heap is full. No other process can be named in here.
  ...(['tgkill', 'rt_sigaction', 'rt_sigprocmask', 'rt_sigreturn', 'rt_sigpending', 'sigaltstack'] as const),
  'restart_syscall',
  // Files that are open, and opening those it is shown, all read-only. Folders cannot be listed.
  ...(['read', 'write', 'readv', 'writev', 'pread64', 'close', 'close_range', 'lseek', 'fcntl'] as const),
  ...(['openat', 'open', 'fstat', 'newfstatat', 'statx', 'stat', 'lstat', 'readlink', 'readlinkat'] as const),
  ...(['access', 'faccessat', 'faccessat2', 'getcwd', 'dup', 'dup2', 'dup3'] as const),
  // The event loop.
  ...(['pipe2', 'eventfd2', 'poll', 'ppoll', 'epoll_create1', 'epoll_ctl', 'epoll_wait'] as const),
  ...(['epoll_pwait', 'epoll_pwait2'] as const),
  // Who and where it is.
  ...(['getpid', 'getppid', 'getuid', 'geteuid', 'getgid', 'getegid', 'capget', 'uname', 'sysinfo'] as const),
  ...(['getrlimit', 'prlimit64', 'arch_prctl'] as const),
  // Bubblewrap loads the filter and then becomes Node. There is nothing else in the sandbox to become.
  'execve'
]

/** Refused with EPERM: each of these is a way out, a way to others, or a part of the kernel with a history of holes. */
export const REFUSED: readonly SyscallName[] = [
  // Networks, the abstract sockets of the machine included.
  ...(['socket', 'socketpair', 'bind', 'connect', 'listen', 'accept', 'accept4', 'sendto', 'recvfrom'] as const),
  ...(['sendmsg', 'recvmsg', 'sendmmsg', 'recvmmsg', 'shutdown', 'getsockname', 'getpeername'] as const),
  ...(['getsockopt', 'setsockopt'] as const),
  // Other processes: to make, to end, to look into.
  ...(['fork', 'vfork', 'execveat', 'kill', 'tkill', 'rt_sigqueueinfo', 'rt_tgsigqueueinfo', 'pidfd_open'] as const),
  ...(['pidfd_getfd', 'pidfd_send_signal', 'ptrace', 'process_vm_readv', 'process_vm_writev'] as const),
  ...(['process_madvise', 'kcmp', 'wait4', 'waitid'] as const),
  // Mounts, roots and namespaces.
  ...(['mount', 'umount2', 'pivot_root', 'chroot', 'move_mount', 'open_tree', 'fsopen', 'fsconfig'] as const),
  ...(['fsmount', 'fspick', 'mount_setattr', 'unshare', 'setns'] as const),
  // Changes of files.
  ...(['creat', 'truncate', 'ftruncate', 'fallocate', 'rename', 'renameat', 'renameat2', 'link', 'linkat'] as const),
  ...(['symlink', 'symlinkat', 'unlink', 'unlinkat', 'mkdir', 'mkdirat', 'rmdir', 'mknod', 'mknodat'] as const),
  ...(['chmod', 'fchmod', 'fchmodat', 'chown', 'fchown', 'lchown', 'fchownat', 'utimensat', 'setxattr'] as const),
  ...(['lsetxattr', 'fsetxattr', 'removexattr', 'pwrite64', 'pwritev', 'pwritev2', 'copy_file_range'] as const),
  ...(['sendfile', 'splice', 'tee', 'vmsplice', 'name_to_handle_at', 'open_by_handle_at'] as const),
  // Memory with a name, and ears on files.
  ...(['memfd_create', 'memfd_secret', 'shmget', 'shmat', 'shmctl', 'semget', 'semop', 'semctl'] as const),
  ...(['msgget', 'msgsnd', 'msgrcv', 'msgctl', 'mq_open', 'inotify_init', 'inotify_init1'] as const),
  ...(['inotify_add_watch', 'fanotify_init', 'fanotify_mark'] as const),
  // Programs and keys inside the kernel.
  ...(['bpf', 'perf_event_open', 'userfaultfd', 'keyctl', 'add_key', 'request_key', 'lookup_dcookie'] as const),
  // The machine.
  ...(['init_module', 'finit_module', 'delete_module', 'kexec_load', 'kexec_file_load', 'reboot'] as const),
  ...(['swapon', 'swapoff', 'acct', 'syslog', 'quotactl', 'iopl', 'ioperm', 'modify_ldt', 'personality'] as const),
  ...(['vhangup', 'nfsservctl', 'settimeofday', 'clock_settime', 'adjtimex', 'clock_adjtime'] as const),
  ...(['sethostname', 'setdomainname', 'seccomp', 'landlock_create_ruleset'] as const),
  // Who it is, and how it is scheduled.
  ...(['setuid', 'setgid', 'setreuid', 'setregid', 'setresuid', 'setresgid', 'setgroups', 'setfsuid'] as const),
  ...(['setfsgid', 'capset', 'setpgid', 'setsid', 'sched_setaffinity', 'sched_setscheduler'] as const),
  ...(['sched_setparam', 'sched_setattr'] as const)
]

/** Answered with ENOSYS although they are well known, because callers have another way. */
export const ABSENT: readonly SyscallName[] = [
  // Its flags lie in memory, where a filter cannot look: the C library then uses clone, whose flags can be seen.
  'clone3',
  // Reaches most of the above past the filter; the event loop then uses epoll.
  ...(['io_uring_setup', 'io_uring_enter', 'io_uring_register'] as const)
]

/** A call that depends on one argument. */
export interface ArgumentRule {
  readonly call: SyscallName
  readonly argument: number
  /** Allowed with one of these values, or with this bit set. */
  readonly allowed: { readonly values: readonly number[] } | { readonly bit: number }
}

const CLONE_THREAD = 0x10000
/** FIOCLEX, FIONCLEX, FIONBIO, FIONREAD: what concerns the caller's own descriptor. */
const DESCRIPTOR_REQUESTS = [0x5451, 0x5450, 0x5421, 0x541b]
/** PR_SET_NAME, PR_GET_NAME, PR_SET_VMA: names of threads and of memory. */
const NAMING = [15, 16, 0x53564d41]

export const BY_ARGUMENT: readonly ArgumentRule[] = [
  { call: 'clone', argument: 0, allowed: { bit: CLONE_THREAD } },
  { call: 'ioctl', argument: 1, allowed: { values: DESCRIPTOR_REQUESTS } },
  { call: 'prctl', argument: 0, allowed: { values: NAMING } }
]
