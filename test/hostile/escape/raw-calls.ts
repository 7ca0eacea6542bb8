import { SYSCALLS, type SyscallName } from '../../../packages/node/src/executor/wasm/sandbox/seccomp/syscalls.ts'
import type { RawCall } from './native-program.ts'

const AF_INET = 2
const AF_UNIX = 1
const AF_NETLINK = 16
const SOCK_STREAM = 1
const SOCK_RAW = 3
const SIGCHLD = 17
const CLONE_NEWUSER = 0x10000000
const PTRACE_ATTACH = 16
const USER_MODE_ONLY = 1
const TIOCSTI = 0x5412
const PR_SET_DUMPABLE = 4
const NOBODY_HAS_THIS_PID = 0x3fffff
const QUERY = 0xffffffff

/**
 * What native code would ask the kernel for that wants out, or at the kernel. With arguments that do no harm where the call
 * is allowed: an address or descriptor that is none, a question instead of a change.
 */
export const RAW_CALLS = {
  'socket(AF_INET)': call('socket', [AF_INET, SOCK_STREAM, 0]),
  'socket(AF_UNIX)': call('socket', [AF_UNIX, SOCK_STREAM, 0]),
  'socket(AF_NETLINK)': call('socket', [AF_NETLINK, SOCK_RAW, 0]),
  fork: call('fork', [], 'child'),
  vfork: call('vfork', [], 'child'),
  'clone without CLONE_THREAD': call('clone', [SIGCHLD, 0, 0, 0, 0], 'child'),
  clone3: call('clone3', [0, 0]),
  'unshare(CLONE_NEWUSER)': call('unshare', [CLONE_NEWUSER]),
  setns: call('setns', [-1, 0]),
  mount: call('mount', [0, 0, 0, 0, 0]),
  pivot_root: call('pivot_root', [0, 0]),
  ptrace: call('ptrace', [PTRACE_ATTACH, NOBODY_HAS_THIS_PID, 0, 0]),
  process_vm_readv: call('process_vm_readv', [NOBODY_HAS_THIS_PID, 0, 0, 0, 0, 0]),
  kill: call('kill', [NOBODY_HAS_THIS_PID, 0]),
  pidfd_open: call('pidfd_open', [NOBODY_HAS_THIS_PID, 0]),
  io_uring_setup: call('io_uring_setup', [1, 0]),
  bpf: call('bpf', [0, 0, 0]),
  userfaultfd: call('userfaultfd', [USER_MODE_ONLY]),
  perf_event_open: call('perf_event_open', [0, 0, -1, -1, 0]),
  keyctl: call('keyctl', [0, -3, 0]),
  add_key: call('add_key', [0, 0, 0, 0, 0]),
  memfd_create: call('memfd_create', [0, 0]),
  personality: call('personality', [QUERY]),
  seccomp: call('seccomp', [QUERY, 0, 0]),
  open_by_handle_at: call('open_by_handle_at', [-1, 0, 0]),
  'prctl(PR_SET_DUMPABLE)': call('prctl', [PR_SET_DUMPABLE, 1]),
  'ioctl(TIOCSTI)': call('ioctl', [0, TIOCSTI, 0])
} as const satisfies Record<string, RawCall>

/** Calls by the tables of other architectures, for which the kernel's answer is the end of the process. */
export const FOREIGN_CALLS = {
  'a call of the x32 interface': { number: 0x40000000 + numberOf('getpid') },
  'a call of the 32-bit interface': { number: 20, kind: 'i386' }
} as const satisfies Record<string, RawCall>

function call(name: SyscallName, args: readonly number[], kind?: RawCall['kind']): RawCall {
  return { number: numberOf(name), args, ...(kind === undefined ? {} : { kind }) }
}

function numberOf(name: SyscallName): number {
  const [number] = SYSCALLS[name]
  if (number === undefined) throw new Error(`x64 has no ${name}`)
  return number
}
