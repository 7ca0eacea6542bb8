import { createWasmExecutor, type ExecutionResult } from '../../../packages/node/src/executor/index.ts'
import { STRING_BYTES_MAX } from '../../../packages/node/src/executor/limits.ts'
import { jobOf, MIB } from '../../../packages/node/test/executor/jobs.ts'
import {
  loopForever,
  noop,
  printStrings,
  readFile,
  recurseForever
} from '../../../packages/node/test/executor/programs.ts'
import type { HostileExecutor, HostileProgram } from '../executor.ts'
import {
  asking,
  compileForever,
  countDown,
  fillDisk,
  fillEngine,
  flood,
  inflate,
  linkOut,
  makeFiles,
  makeOutputs,
  nestFolders,
  raise,
  sleepLong,
  takeMemory,
  useSockets,
  useStale
} from './programs.ts'

/** Long enough for any of these on a machine that has other work to do. */
const WITHIN_MS = 30_000
const WALL_MS = 20_000
/** Of programs that nothing but time ends. */
const WALL_ENDLESS_MS = 500
const ERRNO = { noEntry: 44, notSupported: 58, notCapable: 76 } as const
const TRICKS = [
  'output/../planted',
  'output/a/../../b',
  '/output/c',
  'output/\0d',
  'output/..',
  'output/e\n../f',
  'output/-g'
]

function job(program: Uint8Array, { args = ['hostile'], wallMs = WALL_MS } = {}): HostileProgram['job'] {
  const { tenant: _, ...rest } = jobOf({ program, args, limits: { wallMs } })
  return rest
}

function ended(program: Uint8Array, stoppedBy: string, ends: HostileProgram['ends']): HostileProgram {
  return { job: job(program), stoppedBy, ends, withinMs: WITHIN_MS }
}

const result = (program: Uint8Array, stoppedBy: string, check: (result: ExecutionResult) => void) =>
  ended(program, stoppedBy, check)
const refused = (program: Uint8Array, stoppedBy: string) => ended(program, stoppedBy, ['E_BAD_PROGRAM'])

function endless(program: Uint8Array, ends: HostileProgram['ends']): HostileProgram {
  return { ...ended(program, 'the time it has agreed to', ends), job: job(program, { wallMs: WALL_ENDLESS_MS }) }
}

/** The program exits with 100 + the error that its host call was answered with. */
function exits(program: Uint8Array, stoppedBy: string, errno: number): HostileProgram {
  return result(program, stoppedBy, ({ exitCode, stdout }) => {
    equal(exitCode, 100 + errno)
    equal(stdout.length, 0)
  })
}

function plainPathsOnly({ exitCode, files }: ExecutionResult): void {
  equal(exitCode, 0)
  equal(
    files.map(({ path }) => path).filter(path => path.startsWith('/') || path.split('/').some(name => name === '..')),
    []
  )
}

function equal(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
  }
}

function atMost(actual: number, max: number): void {
  if (actual > max) throw new Error(`${actual} is more than ${max}`)
}

export const wasm: HostileExecutor = {
  runtime: 'wasm',
  isHere: true,
  open: async () => {},
  close: async () => {},
  // Its files are in memory: there is nowhere to leave any.
  leftovers: async () => [],
  create: () => createWasmExecutor({ memoryBytesMax: 64 * MIB }),
  neighbour: job(countDown),
  programs: {
    'fork bomb': refused(asking('wasi', 'thread-spawn'), 'no such call to import'),
    'memory bomb': result(takeMemory, 'the memory it has agreed to', ({ exitCode, usage }) => {
      equal(exitCode, 7)
      atMost(usage.memoryBytes, 16 * MIB)
    }),
    'engine bomb': ended(fillEngine, 'the bound on the engine’s heap', ['E_MEMORY']),
    'decompression bomb': ended(inflate, 'a look at what it declares', ['E_MEMORY']),
    'compile bomb': endless(compileForever, ['E_WALL_TIME', 'E_BAD_PROGRAM']),
    'stack bomb': ended(recurseForever, 'the engine’s own bound', ['E_STACK']),
    'endless loop': endless(loopForever, ['E_WALL_TIME']),
    'disk fill': ended(fillDisk, 'the disk it has agreed to', ['E_DISK_LIMIT']),
    'file bomb': ended(makeFiles, 'a bound on files', ['E_DISK_LIMIT']),
    'deep folders': ended(nestFolders, 'a bound on files', ['E_DISK_LIMIT']),
    'output flood': ended(flood, 'the output it has agreed to', ['E_OUTPUT_LIMIT']),
    'folder escape': exits(readFile('../../etc/passwd'), 'a file system of its own', ERRNO.notCapable),
    'symbolic link escape': exits(linkOut, 'no links in it', ERRNO.notSupported),
    'process files': exits(readFile('proc/self/environ'), 'nothing of the host in it', ERRNO.noEntry),
    'environment of the node': result(printStrings, 'its job’s own variables', ({ stderr }) => {
      equal(Buffer.from(stderr).toString(), '')
    }),
    'host loopback': exits(useSockets, 'no sockets behind the calls', ERRNO.notSupported),
    'metadata address': refused(asking('wasi_snapshot_preview1', 'sock_connect'), 'no such call to import'),
    'name server tunnel': refused(asking('wasi_snapshot_preview1', 'sock_getaddrinfo'), 'no such call to import'),
    'huge arguments': {
      ...ended(noop, 'a look at the job', ['E_BAD_JOB']),
      job: job(noop, { args: ['x'.repeat(STRING_BYTES_MAX)] })
    },
    'signal to the parent': result(raise, 'the end of the program itself', ({ exitCode }) => equal(exitCode, 134)),
    'clock abuse': result(sleepLong, 'a clock that jumps over sleep', ({ stdout }) => {
      const saidNs = Buffer.from(stdout).readBigUInt64LE()
      equal(saidNs >= 2n ** 62n, true)
    }),
    'stale descriptors': result(useStale, 'a table of its own', ({ exitCode }) => equal(exitCode, 0)),
    'output path tricks': result(makeOutputs(TRICKS), 'paths that only lead down', plainPathsOnly)
  }
}
